import type { Fields } from './call.ts'

type Fault = {
  readonly status: number | null
  readonly delay_ms: number
  readonly expire_token: boolean
  /** Applies to paths that begin with it. */
  readonly path: string
  readonly times: number
}

export type Faults = {
  list(): readonly Fault[]
  /** Returns the reason for a refusal. */
  add(fields: Fields): string | null
  clear(): void
  /** Returns the first fault for the path, and decrements `times`. */
  take(path: string): Fault | null
}

const MAX_FAULTS = 50
const MAX_DELAY_MS = 60_000
const MAX_TIMES = 10_000
const MAX_PATH = 200
const FIELDS: readonly string[] = ['status', 'delay_ms', 'expire_token', 'path', 'times']

export function createFaults(): Faults {
  const faults: Fault[] = []
  return {
    list: () => [...faults],
    add(fields) {
      const fault = parseFault(fields)
      if (typeof fault === 'string') return fault
      if (faults.length >= MAX_FAULTS) return `at most ${MAX_FAULTS} faults may wait`
      faults.push(fault)
      return null
    },
    clear: () => void faults.splice(0),
    take(path) {
      const index = faults.findIndex((fault) => path.startsWith(fault.path))
      const fault = faults[index]
      if (fault === undefined) return null
      faults.splice(index, 1, ...(fault.times > 1 ? [{ ...fault, times: fault.times - 1 }] : []))
      return fault
    },
  }
}

function parseFault(fields: Fields): Fault | string {
  const unknown = Object.keys(fields).find((name) => !FIELDS.includes(name))
  if (unknown !== undefined) return `expected only ${FIELDS.join(', ')}`
  const { status = null, delay_ms = 0, expire_token = false, path = '/', times = 1 } = fields
  if (status !== null && !isWhole(status, 400, 599)) return 'status: expected a number from 400 to 599'
  if (!isWhole(delay_ms, 0, MAX_DELAY_MS)) return `delay_ms: expected a number from 0 to ${MAX_DELAY_MS}`
  if (!isWhole(times, 1, MAX_TIMES)) return `times: expected a number from 1 to ${MAX_TIMES}`
  if (typeof expire_token !== 'boolean') return 'expire_token: expected true or false'
  if (typeof path !== 'string' || !path.startsWith('/') || path.length > MAX_PATH)
    return `path: expected the beginning of a path, at most ${MAX_PATH} characters`
  if (status === null && delay_ms === 0 && !expire_token) return 'expected status, delay_ms or expire_token'
  return { status, delay_ms, expire_token, path, times }
}

const isWhole = (value: unknown, min: number, max: number): value is number =>
  Number.isInteger(value) && (value as number) >= min && (value as number) <= max
