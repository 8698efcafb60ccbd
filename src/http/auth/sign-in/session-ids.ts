/** Scripts cannot read session tokens. Responses contain their hashes. */

import { createHash } from 'node:crypto'
import { fromNodeHeaders } from 'better-auth/node'
import type { AccountRequest } from '../shared/contract.ts'
import type { Library } from './library.ts'

export const END_SESSION = '/revoke-session'

const idOf = (token: string): string => createHash('sha256').update(token).digest('base64url')

export async function hideTokens(response: Response): Promise<Response> {
  if (!response.headers.get('content-type')?.includes('json')) return response
  const hidden: unknown = JSON.parse(await response.text(), (name, value: unknown) =>
    name === 'token' && typeof value === 'string' ? idOf(value) : value,
  )
  const headers = new Headers(response.headers)
  headers.delete('content-length')
  return new Response(JSON.stringify(hidden), { status: response.status, headers })
}

export async function withToken({ auth }: Library, request: AccountRequest, named: string): Promise<AccountRequest> {
  const sessions = await auth.api.listSessions({ headers: fromNodeHeaders(request.headers) })
  const token = sessions.find((session) => idOf(session.token) === named)?.token ?? ''
  return { ...request, body: { token } }
}
