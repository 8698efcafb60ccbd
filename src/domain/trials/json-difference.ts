import type { Difference } from './trial.ts'

class ExactNumber {
  readonly source: string
  constructor(source: string) {
    this.source = source
  }
  toJSON(): unknown {
    return rawJson(this.source)
  }
}

/** V8 has it, but TypeScript does not declare it yet. */
const rawJson: (text: string) => unknown = Reflect.get(JSON, 'rawJSON')

const MAX_TEXT = 2000

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text, keepExact)
  } catch {
    return undefined
  }
}

function keepExact(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || context?.source === undefined) return value
  return String(value) === context.source ? value : new ExactNumber(context.source)
}

/** Stops at `max` differences in all. Arrays compare by position. */
export function addDifferences(found: Difference[], path: string, old: unknown, now: unknown, max: number): void {
  if (found.length >= max || isSame(old, now)) return
  const [before, after] = [membersOf(old), membersOf(now)]
  if (before === null || after === null || Array.isArray(old) !== Array.isArray(now)) {
    found.push({ path, old: textOf(old), new: textOf(now) })
    return
  }
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    addDifferences(found, `${path}/${escapePart(key)}`, before.get(key), after.get(key), max)
  }
}

export const escapePart = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1')

function isSame(old: unknown, now: unknown): boolean {
  if (old instanceof ExactNumber && now instanceof ExactNumber) return old.source === now.source
  return old === now
}

function membersOf(value: unknown): ReadonlyMap<string, unknown> | null {
  if (typeof value !== 'object' || value === null || value instanceof ExactNumber) return null
  return new Map(Object.entries(value))
}

function textOf(value: unknown): string | null {
  if (value === undefined) return null
  const text = JSON.stringify(value)
  return text.length <= MAX_TEXT ? text : JSON.stringify(`${text.slice(0, MAX_TEXT).toWellFormed()}…`)
}
