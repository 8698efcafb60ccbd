/** The library keeps a pending sign-in for ten minutes. */

import type { AccountRequest } from '../shared/contract.ts'
import type { Library } from './library.ts'

/**
 * The library trims, unquotes and decodes cookies. Only a value that it reads as it is written names the sign-in that
 * it checks. Only the library checks the signature after the dot. The name is random.
 */
const PLAIN = /^([\w-]+)\.[^\s".]+$/

export async function findPending(library: Library, { headers }: AccountRequest) {
  const { cookie } = await split(library, headers.cookie)
  const identifier = PLAIN.exec(cookie ?? '')?.[1]
  const pending = identifier === undefined ? null : await library.internalAdapter.findVerificationValue(identifier)
  return pending && (await library.internalAdapter.findUserById(pending.value))
}

/** The library must check the code of the sign-in whose attempts are counted. */
export async function withOnePending(library: Library, request: AccountRequest): Promise<AccountRequest> {
  const { name, cookie, others } = await split(library, request.headers.cookie)
  return withCookies(request, PLAIN.test(cookie ?? '') ? [...others, `${name}=${cookie}`] : others)
}

/** After the session's end, the library would use the pending sign-in and check an uncounted code. */
export async function withoutPending(library: Library, request: AccountRequest): Promise<AccountRequest> {
  return withCookies(request, (await split(library, request.headers.cookie)).others)
}

export async function endPending({ adapter }: Library, userId: string): Promise<void> {
  await adapter.deleteMany({ model: 'verification', where: [{ field: 'value', value: userId }] })
}

async function split({ auth }: Library, cookies = '') {
  const { name } = (await auth.$context).createAuthCookie('two_factor')
  const parts = cookies.split(';').map((part) => part.trim())
  const isPending = (part: string) => part.slice(0, part.indexOf('=')).trim() === name
  const found = parts.find(isPending)
  const cookie = found?.slice(found.indexOf('=') + 1).trim() ?? null
  return { name, cookie, others: parts.filter((part) => !isPending(part)) }
}

const withCookies = (request: AccountRequest, parts: readonly string[]): AccountRequest => ({
  ...request,
  headers: { ...request.headers, cookie: parts.join('; ') },
})
