import type { OidcConfig } from '../../../config/oidc.ts'
import { UNKNOWN } from '../../../domain/shared/actor.ts'
import { UserError } from '../../../errors.ts'
import type { AccountRequest, AccountsOptions } from '../shared/contract.ts'
import { signInOf } from './account-lines.ts'
import type { Library } from './library.ts'
import { OIDC_CALLBACK, OIDC_SIGN_IN, PROVIDER_ID } from './oidc.ts'
import { refusalOf, toWebRequest } from './web-request.ts'

export type OidcFlow = (request: AccountRequest) => Promise<Response | null>

export function createOidcFlow(library: Library, options: AccountsOptions): OidcFlow {
  const { oidc, publicUrl } = options
  if (oidc === null || publicUrl === null) return async () => null
  return async (request) => {
    const step = `${request.method} ${request.path}`
    if (step === `POST ${OIDC_SIGN_IN}`) return await start(library, request, oidc, publicUrl)
    if (step === `GET ${OIDC_CALLBACK}`) return await finish(library, request, publicUrl, options)
    return null
  }
}

async function start(
  { auth }: Library,
  request: AccountRequest,
  { issuer }: OidcConfig,
  publicUrl: string,
): Promise<Response> {
  const body = {
    provider: PROVIDER_ID,
    callbackURL: `${publicUrl}${parseNext(request.body)}`,
    errorCallbackURL: `${publicUrl}/sign-in`,
    disableRedirect: true,
  }
  const response = await auth.handler(toWebRequest({ ...request, path: '/sign-in/social', body }, publicUrl))
  if (response.status === 404) {
    const detail = `The sign-in provider ${issuer} did not answer as expected: try again, or sign in by password.`
    throw new UserError('unavailable', detail, { retryAfterSeconds: 10 })
  }
  if (response.status >= 400) throw await refusalOf(response)
  return response
}

/** Prevents an open redirect. */
function parseNext(body: unknown): string {
  const next: unknown = typeof body === 'object' && body !== null && 'next' in body ? body.next : '/'
  if (typeof next === 'string' && /^\/(?![/\\])[\x21-\x7e]{0,2000}$/.test(next)) return next
  throw new UserError('bad_request', 'next: expected a path of the app such as /runs.')
}

/** Browsers open the callback, so a refusal is a page. */
async function finish(
  { auth, record }: Library,
  request: AccountRequest,
  publicUrl: string,
  { now, log, noteRefusal }: AccountsOptions,
): Promise<Response> {
  const work = () => auth.handler(toWebRequest(request, publicUrl))
  const { result: response, isFound } = await record(signInOf({ at: now(), address: request.address }), work)
  if (isFound) return response
  const code = await codeOf(response)
  log.warn({ code }, 'a sign-in by the provider was refused')
  await noteRefusal({ by: UNKNOWN, action: 'session.refuse', workflowId: null, detail: `${request.address}: ${code}` })
  const headers = new Headers({ location: `${publicUrl}/sign-in?error=${encodeURIComponent(code)}` })
  return new Response(null, { status: 302, headers })
}

/** The library redirects for some errors and responds directly for others. */
async function codeOf(response: Response): Promise<string> {
  const location = response.headers.get('location') ?? ''
  const inAddress = URL.canParse(location) ? new URL(location).searchParams.get('error') : null
  const answer: unknown = inAddress === null ? await response.json().catch(() => null) : null
  const code = inAddress ?? { code: 'provider_failed', ...Object(answer) }.code
  return typeof code === 'string' && /^\w{1,60}$/.test(code) ? code : 'provider_failed'
}
