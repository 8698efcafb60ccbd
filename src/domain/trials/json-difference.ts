import { ExactNumber } from '../json/exact-numbers.ts'
import { escapePart } from '../json/pointer.ts'
import type { Difference } from './trial.ts'

const MAX_TEXT = 2000

/** Stops at `max` differences. Arrays compare by position. */
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
