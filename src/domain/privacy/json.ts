/** Parsing and writing would change numbers and drop duplicate keys. */

import { type JSONPath, visit } from 'jsonc-parser'
import type { Detector } from './detectors/detector.ts'
import type { Method } from './policy.ts'
import { MASK, redactText, replacement, type TextRules } from './text.ts'

/** A detector limits the rule to its matches. */
export type PathRule = {
  readonly steps: readonly string[]
  readonly method: Method
  readonly detector: Detector | null
}

type Edit = { readonly start: number; readonly end: number; readonly text: string }
type Open = { readonly start: number; readonly method: Method; readonly keyStart: number | null }

export function redactJson(text: string, paths: readonly PathRule[], rules: TextRules): string | null {
  const edits: Edit[] = []
  const keyStarts: number[] = []
  let open: Open | null = null
  let name = ''
  let isValid = true

  const ruleAt = (path: JSONPath) => paths.find(({ steps }) => isAt(steps, path))
  const replace = (start: number, end: number, method: Method, keyStart: number | null) => {
    if (method === 'drop' && keyStart !== null) dropMember(text, edits, keyStart, end)
    else edits.push({ start, end, text: wholeValue(text.slice(start, end), method, rules) })
  }
  const begin = (offset: number, path: JSONPath): boolean => {
    const rule = paths.length === 0 ? undefined : ruleAt(path)
    const keyStart = typeof path.at(-1) === 'string' ? (keyStarts.at(-1) ?? null) : null
    if (rule?.detector === null) open = { start: offset, method: rule.method, keyStart }
    else keyStarts.push(-1)
    return open === null
  }
  const end = (offset: number, length: number) => {
    if (open === null) return void keyStarts.pop()
    replace(open.start, offset + length, open.method, open.keyStart)
    open = null
  }

  visit(
    text,
    {
      onObjectBegin: (offset, _length, _line, _character, path) => begin(offset, path()),
      onArrayBegin: (offset, _length, _line, _character, path) => begin(offset, path()),
      onObjectEnd: end,
      onArrayEnd: end,
      onObjectProperty(key, offset, length) {
        name = key
        keyStarts[keyStarts.length - 1] = offset
        const clean = redactText(key, rules)
        if (clean !== key) edits.push({ start: offset, end: offset + length, text: JSON.stringify(clean) })
      },
      onLiteralValue(value: unknown, offset, length, _line, _character, path) {
        const at = paths.length === 0 ? [] : path()
        const rule = paths.length === 0 ? undefined : ruleAt(at)
        const isMember = paths.length > 0 && typeof at.at(-1) === 'string'
        if (rule?.detector === null)
          return replace(offset, offset + length, rule.method, isMember ? (keyStarts.at(-1) ?? null) : null)
        if (value === null || typeof value === 'boolean') return
        const source = typeof value === 'string' ? value : text.slice(offset, offset + length)
        const clean = redactText(source, rulesFor(rules, rule), name)
        if (clean !== source) edits.push({ start: offset, end: offset + length, text: JSON.stringify(clean) })
      },
      onError: () => {
        isValid = false
      },
    },
    { disallowComments: true },
  )
  return isValid ? applyEdits(text, edits) : null
}

export function findJsonValues(
  text: string,
  paths: readonly (readonly string[])[],
  onValue: (index: number, value: string) => void,
): boolean {
  let isValid = true
  visit(
    text,
    {
      onLiteralValue(value: unknown, offset, length, _line, _character, path) {
        if (value === null || typeof value === 'boolean') return
        const at = path()
        paths.forEach((steps, index) => {
          if (isAtOrBelow(steps, at)) {
            onValue(index, typeof value === 'string' ? value : text.slice(offset, offset + length))
          }
        })
      },
      onError: () => {
        isValid = false
      },
    },
    { disallowComments: true },
  )
  return isValid
}

/** Adds the rule of a path that has a detector. */
export const rulesFor = (rules: TextRules, rule: PathRule | undefined): TextRules =>
  rule?.detector == null ? rules : { ...rules, detectors: [...rules.detectors, { ...rule, detector: rule.detector }] }

/** Without a number, a rule covers all list elements. */
function isAt(steps: readonly string[], path: JSONPath): boolean {
  let step = 0
  for (const segment of path) {
    const wanted = steps[step]
    if (wanted === String(segment) || (wanted === '*' && wanted !== undefined)) step += 1
    else if (typeof segment !== 'number') return false
  }
  return step === steps.length
}

const isAtOrBelow = (steps: readonly string[], path: JSONPath): boolean =>
  path.some((_, index) => isAt(steps, path.slice(0, index + 1))) || isAt(steps, path)

function wholeValue(source: string, method: Method, { hash }: TextRules): string {
  if (method === 'drop') return 'null'
  if (method === 'mask') return JSON.stringify(MASK)
  const value: unknown = source.startsWith('"') ? JSON.parse(source) : source
  return JSON.stringify(replacement(method, String(value), hash))
}

function dropMember(text: string, edits: Edit[], keyStart: number, valueEnd: number): void {
  const after = skipBlanks(text, valueEnd, 1)
  if (text[after] === ',') return void edits.push({ start: keyStart, end: skipBlanks(text, after + 1, 1), text: '' })
  let start = keyStart
  // The last member takes the comma before it.
  for (;;) {
    const before = skipBlanks(text, start - 1, -1)
    if (text[before] !== ',') break
    const last = edits.at(-1)
    if (last === undefined || last.text !== '' || last.end <= before) {
      start = before
      break
    }
    start = last.start
    edits.pop()
  }
  edits.push({ start, end: valueEnd, text: '' })
}

function skipBlanks(text: string, from: number, step: 1 | -1): number {
  let at = from
  while (' \t\r\n'.includes(text[at] ?? 'x')) at += step
  return at
}

function applyEdits(text: string, edits: readonly Edit[]): string {
  if (edits.length === 0) return text
  let out = ''
  let from = 0
  for (const { start, end, text: replaced } of edits.toSorted((one, other) => one.start - other.start)) {
    if (start < from) continue
    out += text.slice(from, start) + replaced
    from = end
  }
  return out + text.slice(from)
}
