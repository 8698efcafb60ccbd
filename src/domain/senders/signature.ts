import { createHash, timingSafeEqual } from 'node:crypto'
import { type HeaderPairs, valuesOf } from '../shared/headers.ts'
import type { SenderRejection } from './sender-check.ts'

/** The time reveals neither the first difference nor the expected length. */
function sameSecret(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected))
}

/** Compares all: the duration reveals nothing. */
export function anySame(given: readonly string[], expected: readonly string[]): boolean {
  let same = false
  for (const one of given) for (const other of expected) same = sameSecret(one, other) || same
  return same
}

export function onlyHeader(headers: HeaderPairs, name: string): { readonly value: string } | SenderRejection {
  const values = valuesOf(headers, name)
  const [value] = values
  if (value === undefined) return { reason: 'missing', detail: `Expected the header ${name}, found none.` }
  if (values.length > 1) {
    return { reason: 'malformed', detail: `Expected the header ${name} once, found it ${values.length} times.` }
  }
  return { value }
}

export const joinedHeader = (headers: HeaderPairs, name: string): string => valuesOf(headers, name).join(', ')

/** An intercepted call could be replayed. */
export function checkTimestamp(seconds: string, now: number, toleranceSeconds: number): SenderRejection | null {
  if (!/^\d{1,12}$/.test(seconds)) {
    const found = JSON.stringify(seconds.slice(0, 40))
    return { reason: 'malformed', detail: `Expected the time of signing in seconds since 1970, found ${found}.` }
  }
  const away = Math.round(Math.abs(now / 1000 - Number(seconds)))
  if (away <= toleranceSeconds) return null
  return {
    reason: 'stale',
    detail: `The call was signed ${away} s away from now, expected at most ${toleranceSeconds} s: it is a repetition, or a clock is wrong.`,
  }
}

export const MISMATCH: SenderRejection = {
  reason: 'mismatch',
  detail: 'The signature does not fit: it was made with another secret, or what it covers was changed on the way.',
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
