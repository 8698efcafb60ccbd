import type { DetectBudget, Span } from './detectors/candidates.ts'
import { detect } from './detectors/detect.ts'
import type { Detector } from './detectors/detector.ts'
import type { Method } from './policy.ts'

export const MASK = '***'

/** The length of `a@b.co`, the shortest. */
const MIN_FOUND = 6

export type TextRules = {
  /** For the same characters, the first rule decides. */
  readonly detectors: readonly { readonly detector: Detector; readonly method: Method }[]
  readonly values: readonly { readonly value: string; readonly method: Method }[]
  readonly hash: (text: string) => string
  readonly budget: DetectBudget
  readonly isWhole?: boolean
}

export const replacement = (method: Method, value: string, hash: TextRules['hash']): string =>
  method === 'drop' ? '' : method === 'hash' ? hash(value) : MASK

type Found = Span & { readonly method: Method }

/** `name` is the field's name. */
export function redactText(
  text: string,
  { detectors, values, hash, budget, isWhole = false }: TextRules,
  name = '',
): string {
  if (isWhole) return text === '' ? text : MASK
  if (values.length === 0 && text.length < MIN_FOUND) return text
  const found: Found[] = [
    ...values.flatMap(({ value, method }) => findValue(text, value).map((span) => ({ ...span, method }))),
    ...detectors.flatMap(({ detector, method }) =>
      detect(detector, { text, name }, budget).map((span) => ({ ...span, method })),
    ),
  ]
  if (found.length === 0) return text
  let out = ''
  let from = 0
  for (const { start, end, method } of mergeSpans(found)) {
    out += text.slice(from, start) + replacement(method, text.slice(start, end), hash)
    from = end
  }
  return out + text.slice(from)
}

function findValue(text: string, value: string): Span[] {
  const spans: Span[] = []
  for (let start = text.indexOf(value); start >= 0; start = text.indexOf(value, start + value.length)) {
    spans.push({ start, end: start + value.length })
  }
  return spans
}

function mergeSpans(found: readonly Found[]): readonly Found[] {
  const ordered = found.map((span, rank) => ({ ...span, rank })).sort((one, other) => one.start - other.start)
  const merged: (Found & { rank: number })[] = []
  for (const span of ordered) {
    const last = merged.at(-1)
    if (last === undefined || span.start >= last.end) merged.push(span)
    else {
      const { method, rank } = span.rank < last.rank ? span : last
      merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, span.end), method, rank }
    }
  }
  return merged
}
