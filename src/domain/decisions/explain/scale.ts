/** Numbers, numeric texts, and dates have an order. */

export type Scale = {
  readonly base: number
  /** Smallest difference. */
  readonly unit: number
  readonly least: number
  read(value: unknown): number | null
  write(number: number): unknown
}

const DAY_MS = 86_400_000
const MAX_DECIMALS = 6
const DATE = /^\d{4}-\d{2}-\d{2}$/
const NUMERIC = /^-?\d{1,15}(?:\.\d{1,9})?$/

/** Null: no order. `others` are values of the same field. */
export function scaleOf(value: unknown, others: readonly unknown[]): Scale | null {
  if (typeof value === 'string' && DATE.test(value)) return dateScale(value)
  const isText = typeof value === 'string' && NUMERIC.test(value)
  if (!isText && typeof value !== 'number') return null
  const read = (one: unknown): number | null => {
    if (typeof one === 'number') return one
    return isText && typeof one === 'string' && NUMERIC.test(one) ? Number(one) : null
  }
  const numbers = [value, ...others].map(read).filter((one) => one !== null)
  const decimals = Math.min(MAX_DECIMALS, Math.max(...numbers.map(decimalsOf)))
  const write = (number: number) => (isText ? number.toFixed(decimals) : Number(number.toFixed(decimals)))
  const least = Math.min(...numbers) < 0 ? Number.NEGATIVE_INFINITY : 0
  return { base: Number(value), unit: 10 ** -decimals, least, read, write }
}

function dateScale(value: string): Scale | null {
  const read = (one: unknown): number | null => {
    const time = typeof one === 'string' && DATE.test(one) ? Date.parse(one) : Number.NaN
    return Number.isNaN(time) ? null : time / DAY_MS
  }
  const base = read(value)
  const write = (days: number) => new Date(Math.round(days) * DAY_MS).toISOString().slice(0, 10)
  return base === null ? null : { base, unit: 1, least: 0, read, write }
}

const decimalsOf = (number: number): number => /\.(\d+)$/.exec(String(number))?.[1]?.length ?? 0

const NEAR = 10
const MIN_REACH = 64
const MAX_DOUBLINGS = 24

/** Distances in units: each of the first ten, then doubling. */
export function distancesOf({ base, unit }: Scale): readonly number[] {
  const reach = Math.max((4 * Math.abs(base)) / unit, MIN_REACH)
  const far = Array.from({ length: MAX_DOUBLINGS }, (_, index) => 16 * 2 ** index)
  const end = far.findIndex((distance) => distance >= reach)
  return [...Array.from({ length: NEAR }, (_, index) => index + 1), ...far.slice(0, end < 0 ? far.length : end + 1)]
}
