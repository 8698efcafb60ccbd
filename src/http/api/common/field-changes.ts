import type { FieldChange } from '../../../store/audit/audit.ts'

const MAX_TEXT = 500
type Fields = Readonly<Record<string, unknown>>

/** The objects must be API representations, without secrets. */
export function fieldChanges(before: Fields, after: Fields, names: readonly string[]): readonly FieldChange[] {
  return names
    .map((field) => ({ field, old: textOf(before[field]), new: textOf(after[field]) }))
    .filter((change) => change.old !== change.new)
    .map((change) => ({ ...change, old: cut(change.old), new: cut(change.new) }))
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null
  return typeof value === 'string' ? value : JSON.stringify(value)
}

const cut = (text: string | null): string | null =>
  text === null || text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`
