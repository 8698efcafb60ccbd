/** A last defence: code can always transform a secret. */

import { atOnce, inSlices, SLICE_BYTES } from '../json/in-slices.ts'
import { LIMITS } from '../workflows/workflow.ts'
import { type Automaton, createAutomaton, foldCode, HEAD, MIN_PATTERN } from './automaton.ts'
import { formsOf, plainFormsOf } from './secret-forms.ts'

export type Redact = (text: string) => string

export type Redactor = Redact & {
  readonly inSlices: (text: string) => Promise<string>
  /** A node takes 20 bytes. */
  readonly nodes: number
  readonly longest: number
}

const MAX_SPELLED = { parts: 64, length: 8 * 1024 }
/** Whole secrets are always searched for. */
const MAX_PARTS = 500

/**
 * `values` are JSON. Each string inside is a secret, and each line of a text. Strings shorter than 8 characters are
 * ignored.
 */
export function createRedactor(values: readonly string[]): Redactor {
  const parts = partsOf(values)
  if (parts.length === 0)
    return Object.assign((text: string) => text, { inSlices: async (text: string) => text, nodes: 0, longest: 0 })
  const forms = formsOfAll(parts)
  const automaton = createAutomaton(forms)
  return Object.assign((text: string) => atOnce(replace(text, automaton)), {
    inSlices: async (text: string) => await inSlices(replace(text, automaton)),
    nodes: automaton.nodes,
    longest: forms.reduce((longest, { length }) => Math.max(longest, length), 0),
  })
}

function formsOfAll(parts: readonly string[]): readonly string[] {
  const forms = new Set<string>()
  let length = 0
  for (const [index, part] of parts.entries()) {
    length += part.length
    const isSpelled = index < MAX_SPELLED.parts && length <= MAX_SPELLED.length
    for (const form of isSpelled ? formsOf(part) : plainFormsOf(part)) if (form.length >= MIN_PATTERN) forms.add(form)
  }
  return [...forms]
}

function* replace(text: string, automaton: Automaton): Generator<void, string> {
  const spans: number[] = []
  let node = 0
  let followed = 0
  let pauseAt = SLICE_BYTES
  for (let at = 0; at < text.length; at += 1) {
    if (at >= pauseAt) {
      pauseAt = at + SLICE_BYTES
      yield
    }
    if (node === 0) {
      if (at + MIN_PATTERN > text.length) break
      if (!automaton.mayStart(text, at)) continue
    }
    node = automaton.step(node, text.charCodeAt(at))
    const length = automaton.lengthAt(node)
    if (length === 0) continue
    let end = at + 1
    if (length === HEAD && end >= followed) {
      end = follow(text, end, automaton.restsAt(node))
      followed = end
    }
    addSpan(spans, at + 1 - length, end)
  }
  return withoutSpans(text, spans)
}

function addSpan(spans: number[], start: number, end: number): void {
  const last = spans.length - 1
  // A text that is one long secret adds a span per character.
  if (last > 0 && (spans[last - 1] ?? 0) <= start && (spans[last] ?? 0) > start) {
    if (end > (spans[last] ?? 0)) spans[last] = end
    return
  }
  let from = start
  let to = end
  while (spans.length > 0 && (spans.at(-1) ?? 0) > from) {
    to = Math.max(to, spans.pop() ?? 0)
    from = Math.min(from, spans.pop() ?? 0)
  }
  spans.push(from, to)
}

function withoutSpans(text: string, spans: readonly number[]): string {
  if (spans.length === 0) return text
  const kept: string[] = []
  let from = 0
  for (let index = 0; index < spans.length; index += 2) {
    kept.push(text.slice(from, spans[index]))
    from = spans[index + 1] ?? 0
  }
  kept.push(text.slice(from))
  return kept.join('***')
}

function follow(text: string, from: number, rests: readonly string[]): number {
  let low = 0
  let high = rests.length
  for (let at = from; at < text.length; at += 1) {
    const code = foldCode(text.charCodeAt(at))
    low = firstFrom(rests, low, high, at - from, code)
    high = firstFrom(rests, low, high, at - from, code + 1)
    if (low === high) return at
  }
  return text.length
}

/** The first of `rests[low…high)` whose character at `at` is at least `code`. */
function firstFrom(rests: readonly string[], low: number, high: number, at: number, code: number): number {
  let [from, to] = [low, high]
  while (from < to) {
    const middle = (from + to) >> 1
    const found = rests[middle] ?? ''
    if ((at < found.length ? found.charCodeAt(at) : -1) < code) from = middle + 1
    else to = middle
  }
  return from
}

/** Logs are cut into lines. */
function partsOf(values: readonly string[]): string[] {
  const parsed = values.map((json): readonly [string, unknown] => [json, JSON.parse(json)])
  const whole = parsed.map(([json, value]) => (typeof value === 'string' ? value : json))
  const inside = parsed.flatMap(([, value]) => (typeof value === 'string' ? [] : stringsIn(value, MAX_PARTS)))
  const texts = [...whole, ...inside]
  const lines = texts.filter((text) => text.includes('\n')).flatMap((text) => text.split(/\r?\n/, MAX_PARTS))
  const isLong = ({ length }: string) => length >= LIMITS.secretRedactionLength
  const secrets = new Set(whole.filter(isLong))
  const parts = new Set([...inside, ...lines].filter((text) => isLong(text) && !secrets.has(text)))
  return [...secrets, ...[...parts].slice(0, MAX_PARTS)]
}

function stringsIn(value: unknown, most: number): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  const found: string[] = []
  for (const member of Object.values(value)) {
    if (found.length >= most) break
    found.push(...stringsIn(member, most - found.length))
  }
  return found
}
