/** PostgreSQL's binary format needs no escapes. */

import type { ColumnType } from '../tables/runs.ts'

/** https://www.postgresql.org/docs/current/catalog-pg-type.html */
const OIDS: Readonly<Record<ColumnType, number>> = { text: 25, bytea: 17, int4: 23, int8: 20 }
const HEADER_BYTES = 20
const NULL_LENGTH = -1

type Value = string | number | Uint8Array | null

export function encodeArray(type: ColumnType, values: readonly Value[]): Buffer {
  const lengths = values.map((value) => (value === null ? 0 : lengthOf(type, value)))
  const buffer = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + length + 4, HEADER_BYTES))
  const hasNulls = values.includes(null)
  for (const [index, part] of [1, Number(hasNulls), OIDS[type], values.length, 1].entries())
    buffer.writeInt32BE(part, index * 4)
  let at = HEADER_BYTES
  for (const [index, value] of values.entries()) {
    const length = lengths[index] ?? 0
    at = buffer.writeInt32BE(value === null ? NULL_LENGTH : length, at)
    if (value === null) continue
    write(buffer, type, value, at)
    at += length
  }
  return buffer
}

function lengthOf(type: ColumnType, value: NonNullable<Value>): number {
  if (type === 'int4') return 4
  if (type === 'int8') return 8
  if (type === 'text' && typeof value === 'string') return Buffer.byteLength(value)
  if (type === 'bytea' && value instanceof Uint8Array) return value.length
  throw new TypeError(`PostgreSQL takes no ${typeof value} as ${type}`)
}

function write(buffer: Buffer, type: ColumnType, value: NonNullable<Value>, at: number): void {
  if (typeof value === 'string') buffer.write(value, at)
  else if (typeof value !== 'number') buffer.set(value, at)
  else if (type === 'int4') buffer.writeInt32BE(value, at)
  else buffer.writeBigInt64BE(BigInt(value), at)
}
