import { UserError } from '../../../errors.ts'
import { isObject } from '../../json/is-object.ts'
import { escapePart, partsOf } from '../../json/pointer.ts'
import { scaleOf } from './scale.ts'

export type Field = {
  readonly path: string
  readonly parts: readonly string[]
  /** Undefined if only other requests have it. */
  readonly value: unknown
}

/** Values of other requests, most frequent first. */
export type Seen = { readonly values: readonly SeenValue[]; readonly elements: readonly SeenValue[] }
type SeenValue = { readonly value: unknown; readonly count: number }

const MAX_FIELDS = 100
const MAX_MISSING = 20
const MAX_SEEN = 20

/** Fields at every depth. In lists, only numeric texts and dates count. */
export function listFields(document: unknown): readonly Field[] {
  return fieldsAt(document, []).slice(0, MAX_FIELDS)
}

function fieldsAt(value: unknown, parts: readonly string[]): readonly Field[] {
  const field = { path: pathOf(parts), parts, value }
  if (Array.isArray(value)) {
    const items = (value as readonly unknown[]).flatMap((item, index) =>
      isPlain(item) || scaleOf(item, []) !== null ? fieldsAt(item, [...parts, String(index)]) : [],
    )
    return parts.length === 0 ? items : [field, ...items]
  }
  if (isPlain(value)) return Object.entries(value).flatMap(([key, member]) => fieldsAt(member, [...parts, key]))
  return isObject(value) || parts.length === 0 ? [] : [field]
}

/** Returns the fields of an object, or the field itself if it is no object. */
export function fieldsUnder(document: unknown, path: string): readonly Field[] {
  const field = fieldAt(document, path)
  return isPlain(field.value) ? fieldsAt(field.value, field.parts) : [field]
}

const pathOf = (parts: readonly string[]): string => parts.map((part) => `/${escapePart(part)}`).join('')

export function fieldAt(document: unknown, path: string): Field {
  const parts = partsOf(path)
  return { path, parts, value: valueAt(document, parts) }
}

function valueAt(document: unknown, parts: readonly string[]): unknown {
  let value = document
  for (const part of parts) {
    if (Array.isArray(value)) value = /^\d+$/.test(part) ? value[Number(part)] : undefined
    else value = isPlain(value) && Object.hasOwn(value, part) ? value[part] : undefined
  }
  return value
}

/** Undefined removes the field. */
export function withValue(document: unknown, [part, ...rest]: readonly string[], value: unknown): unknown {
  if (part === undefined) return value
  if (Array.isArray(document)) {
    const items: readonly unknown[] = document
    return items.map((item, index) => (String(index) === part ? withValue(item, rest, value) : item))
  }
  if (!isPlain(document)) return document
  const member = withValue(Object.hasOwn(document, part) ? document[part] : undefined, rest, value)
  if (member !== undefined)
    return Object.fromEntries([...Object.entries(document).filter(([key]) => key !== part), [part, member]])
  return Object.fromEntries(Object.entries(document).filter(([key]) => key !== part))
}

type Named = { readonly fields: readonly string[] | null; readonly values: ReadonlyMap<string, readonly unknown[]> }

/** Throws `bad_request` for a named field that the request cannot have, or that has no value in any request. */
export function assertFields({ fields, values }: Named, document: unknown, others: readonly unknown[]): void {
  const isSeen = (path: string) => [document, ...others].some((one) => fieldAt(one, path).value !== undefined)
  const unknown = [
    ...(fields ?? []).filter((path) => !values.has(path) && !isSeen(path)),
    ...[...(fields ?? []), ...values.keys()].filter((path) => !isSettable(document, path)),
  ]
  if (unknown[0] === undefined) return
  throw new UserError(
    'bad_request',
    `${values.has(unknown[0]) ? 'values' : 'fields'}: expected fields of the request, found ${JSON.stringify(unknown[0].slice(0, 100))}.`,
  )
}

const isSettable = (document: unknown, path: string): boolean =>
  fieldAt(withValue(document, partsOf(path), true), path).value === true

/** Fields of other requests, in objects that this request has. */
export function missingFields(document: unknown, others: readonly unknown[]): readonly Field[] {
  const counts = new Map<string, { readonly field: Field; count: number }>()
  for (const field of others.flatMap(listFields)) {
    if (valueAt(document, field.parts) !== undefined || !isPlain(valueAt(document, field.parts.slice(0, -1)))) continue
    const known = counts.get(field.path) ?? { field: { ...field, value: undefined }, count: 0 }
    known.count += 1
    counts.set(field.path, known)
  }
  const frequent = [...counts.values()].toSorted((one, other) => other.count - one.count)
  return frequent.slice(0, MAX_MISSING).map(({ field }) => field)
}

export function collectSeen({ parts }: Field, others: readonly unknown[]): Seen {
  const values = others.map((other) => valueAt(other, parts)).filter((value) => value !== undefined)
  const elements = values.flatMap((value) => (Array.isArray(value) ? [...new Map(value.map(keyed)).values()] : []))
  return { values: countOf(values), elements: countOf(elements) }
}

function countOf(values: readonly unknown[]): readonly SeenValue[] {
  const groups = Map.groupBy(values, (value) => JSON.stringify(value))
  const counted = [...groups.values()].map((own) => ({ value: own[0], count: own.length }))
  return counted.toSorted((one, other) => other.count - one.count).slice(0, MAX_SEEN)
}

const keyed = (value: unknown): readonly [string, unknown] => [JSON.stringify(value), value]

/** Exact numbers are objects of a class. */
const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  isObject(value) && Object.getPrototypeOf(value) === Object.prototype
