/** Sign-ins whose password was right and whose code is still to come. The library keeps each for ten minutes. */

import type { AccountRequest } from '../contract.ts'
import type { Library } from '../library.ts'

/** The person whose sign-in waits for a code, by the cookie of the request; null when there is none. */
export async function findPending({ auth, internalAdapter }: Library, { headers }: AccountRequest) {
  const prefix = `${await cookieName(auth)}=`
  const cookie = partsOf(headers.cookie).find((part) => part.startsWith(prefix))
  // The library checks the signature after the dot. The name of a sign-in is random, so nothing is gained by a forged one.
  const [identifier = ''] = (cookie ?? '').slice(prefix.length).split('.')
  const pending = identifier === '' ? null : await internalAdapter.findVerificationValue(identifier)
  return pending && (await internalAdapter.findUserById(pending.value))
}

/**
 * Returns the request without the sign-in that waits for a code. The library would turn to it if the session of the
 * request ended at this moment, and the code would be checked without having been counted.
 */
export async function withoutPending({ auth }: Library, request: AccountRequest): Promise<AccountRequest> {
  const prefix = `${await cookieName(auth)}=`
  const kept = partsOf(request.headers.cookie).filter((part) => !part.startsWith(prefix))
  return { ...request, headers: { ...request.headers, cookie: kept.join('; ') } }
}

/** Ends the sign-ins of a person that wait for a code. */
export async function endPending({ adapter }: Library, userId: string): Promise<void> {
  await adapter.deleteMany({ model: 'verification', where: [{ field: 'value', value: userId }] })
}

const cookieName = async (auth: Library['auth']) => (await auth.$context).createAuthCookie('two_factor').name

const partsOf = (cookie = ''): string[] => cookie.split(/; */)
