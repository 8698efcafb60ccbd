/** The library keeps a pending sign-in for ten minutes. */

import type { AccountRequest } from '../shared/contract.ts'
import type { Library } from './library.ts'

export async function findPending({ auth, internalAdapter }: Library, { headers }: AccountRequest) {
  const prefix = `${await cookieName(auth)}=`
  const cookie = partsOf(headers.cookie).find((part) => part.startsWith(prefix))
  // Only the library checks the signature after the dot. The name is random.
  const [identifier = ''] = (cookie ?? '').slice(prefix.length).split('.')
  const pending = identifier === '' ? null : await internalAdapter.findVerificationValue(identifier)
  return pending && (await internalAdapter.findUserById(pending.value))
}

/** After the session's end, the library would use the pending sign-in and check an uncounted code. */
export async function withoutPending({ auth }: Library, request: AccountRequest): Promise<AccountRequest> {
  const prefix = `${await cookieName(auth)}=`
  const kept = partsOf(request.headers.cookie).filter((part) => !part.startsWith(prefix))
  return { ...request, headers: { ...request.headers, cookie: kept.join('; ') } }
}

export async function endPending({ adapter }: Library, userId: string): Promise<void> {
  await adapter.deleteMany({ model: 'verification', where: [{ field: 'value', value: userId }] })
}

const cookieName = async (auth: Library['auth']) => (await auth.$context).createAuthCookie('two_factor').name

const partsOf = (cookie = ''): string[] => cookie.split(/; */)
