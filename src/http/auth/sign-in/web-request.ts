import { fromNodeHeaders } from 'better-auth/node'
import type { ErrorCode } from '../../../error-codes.ts'
import { UserError } from '../../../errors.ts'
import type { AccountRequest } from '../shared/contract.ts'

/** Set from the socket, because rate limits must not trust the client's headers. */
export const CLIENT_ADDRESS = 'x-workflows-client-address'

export function toWebRequest(
  { method, path, query = '', headers, address, body }: AccountRequest,
  publicUrl: string | null,
): Request {
  const scheme = publicUrl?.startsWith('https:') ? 'https' : 'http'
  const url = `${scheme}://${headers.host || 'localhost'}/api/auth${path}`
  if (!URL.canParse(url) || new URL(url).pathname !== `/api/auth${path}`) {
    throw new UserError('bad_request', `Expected a host in the header Host, found ${JSON.stringify(headers.host)}.`)
  }
  const webHeaders = fromNodeHeaders(headers)
  webHeaders.set(CLIENT_ADDRESS, address)
  for (const name of [
    'content-length',
    'transfer-encoding',
    'connection',
    'expect',
    'x-forwarded-host',
    'x-forwarded-proto',
  ]) {
    webHeaders.delete(name)
  }
  if (method === 'GET') return new Request(`${url}${query}`, { method, headers: webHeaders })
  const content =
    path === '/change-password' && typeof body === 'object' ? { ...body, revokeOtherSessions: true } : (body ?? {})
  webHeaders.set('content-type', 'application/json')
  return new Request(url, { method, headers: webHeaders, body: JSON.stringify(content) })
}

const CODES: Readonly<Record<number, ErrorCode>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  429: 'too_many_requests',
}

const CALLER_ERRORS: readonly unknown[] = ['FAILED_TO_VERIFY_REGISTRATION']

export async function refusalOf(response: Response): Promise<UserError> {
  const parsed: unknown = await response.json().catch(() => null)
  const { message, code } = { message: 'The request was refused.', code: null, ...Object(parsed) }
  if (response.status >= 500 && !CALLER_ERRORS.includes(code))
    throw new Error(`better-auth answered ${response.status}: ${message}`)
  const retry = Number(response.headers.get('x-retry-after') ?? Number.NaN)
  return new UserError(
    CODES[response.status] ?? 'bad_request',
    String(message),
    Number.isNaN(retry) ? {} : { retryAfterSeconds: retry },
  )
}
