import type { HeaderPairs } from '../../domain/headers.ts'

/** Node's flat list of header names and values, as pairs in the sender's order and spelling. */
export function headerPairs(raw: readonly string[]): HeaderPairs {
  const pairs: [string, string][] = []
  for (let index = 0; index + 1 < raw.length; index += 2) pairs.push([raw[index] ?? '', raw[index + 1] ?? ''])
  return pairs
}
