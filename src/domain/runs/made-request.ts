/** Requests that no HTTP client sent. */

import { UserError } from '../../errors.ts'
import { HEADER_NAME, type HeaderPairs } from '../shared/headers.ts'

/** Throws UserError `bad_request` for a header that HTTP does not allow. */
export function pairsOf(
  headers: Readonly<Record<string, string | readonly string[]>> | readonly (readonly string[])[],
): HeaderPairs {
  const pairs: HeaderPairs = isList(headers)
    ? headers.map(([name = '', value = '']) => [name, value] as const)
    : Object.entries(headers).flatMap(([name, value]) => [value].flat().map((one) => [name, one] as const))
  for (const [name, value] of pairs) {
    if (!HEADER_NAME.test(name))
      throw new UserError('bad_request', `request.headers: ${JSON.stringify(name)} is no name of a header.`)
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      throw new UserError('bad_request', `request.headers.${name}: expected a value of one line of Latin-1 text.`)
    }
  }
  return pairs
}

const isList = (headers: object): headers is readonly (readonly string[])[] => Array.isArray(headers)

export function queryOf(query: string | Readonly<Record<string, string | readonly string[]>>): string {
  if (typeof query === 'string') return query.replace(/^\?/, '')
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) for (const one of [value].flat()) search.append(name, one)
  return search.toString()
}
