/** `state` binds a sign-in to its session, once and for 10 minutes. */

import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import * as oauth from 'oauth4webapi'
import { type Connection, type OAuthClient, OAuthError } from '../../domain/connections/connection.ts'
import { UserError } from '../../errors.ts'
import { revokeUnkept } from '../../runs/connections/tokens.ts'
import type { ConnectionSignIn } from '../../store/connections/sign-ins.ts'
import type { Store } from '../../store/store.ts'
import type { Auth } from '../auth/auth.ts'
import { COOKIE_PREFIX } from '../auth/shared/contract.ts'
import { type Principal, principalOf } from '../auth/shared/principal.ts'
import type { Changes } from '../streams/changes.ts'
import type { Urls } from '../wire/urls.ts'

const PATH = '/connections/callback'
const LASTS_MS = 10 * 60_000
const MAX_STATE = 200

export const redirectUriOf = (urls: Pick<Urls, 'base'>): string => `${urls.base}${PATH}`

type Begin = { readonly oauth: OAuthClient; readonly now: () => number; readonly redirectUri: string }

export async function beginSignIn(
  { oauth: client, now, redirectUri }: Begin,
  request: FastifyRequest,
  connection: Connection,
): Promise<{ readonly signIn: ConnectionSignIn; readonly url: string }> {
  const state = oauth.generateRandomState()
  const verifier = oauth.generateRandomCodeVerifier()
  const challenge = await oauth.calculatePKCECodeChallenge(verifier)
  const url = client.authorizationUrl(connection, { state, challenge, redirectUri })
  const signIn = {
    stateHash: hash(state),
    connectionId: connection.id,
    sessionHash: sessionHashOf(principalOf(request), request),
    verifier,
    redirectUri,
    expiresAt: now() + LASTS_MS,
  }
  return { signIn, url }
}

export type CallbackOptions = {
  readonly auth: Pick<Auth, 'authenticate'>
  readonly store: Store
  readonly oauth: OAuthClient
  readonly changes: Pick<Changes, 'announce'>
  readonly now: () => number
}

/** Marks a browser's second request. */
const AGAIN = 'again'

/**
 * The provider's redirect lacks the session cookie (SameSite=Strict), so the answer is a page that requests the address
 * again with the cookie.
 */
export function addConnectionCallback(app: FastifyInstance, options: CallbackOptions): void {
  app.get(PATH, { schema: { hide: true } }, async (request, reply) => {
    reply.header('Cache-Control', 'no-store').header('Referrer-Policy', 'no-referrer')
    const parameters = new URL(request.url, 'http://localhost').searchParams
    const principal = await options.auth.authenticate(request.headers)
    if (principal === null) {
      if (!(await options.store.connections.hasSignIn(stateHashOf(parameters), options.now()))) throw unknownState()
      if (!parameters.has(AGAIN)) return reply.type('text/html').send(askAgain(parameters))
      throw new UserError('unauthorized', 'Sign in, then begin the sign-in of the connection again.')
    }
    parameters.delete(AGAIN)
    const name = await endSignIn(options, request, principal, parameters)
    return reply.redirect(`/settings/connections?connected=${encodeURIComponent(name)}`, 303)
  })
}

/** `URLSearchParams` encodes all characters of HTML but `&`. */
function askAgain(parameters: URLSearchParams): string {
  const query = new URLSearchParams([...parameters, [AGAIN, '1']]).toString().replaceAll('&', '&amp;')
  return `<!doctype html><title>Workflows</title><meta http-equiv="refresh" content="0; url=${PATH}?${query}">`
}

async function endSignIn(
  { store, oauth: client, changes, now }: CallbackOptions,
  request: FastifyRequest,
  principal: Principal,
  parameters: URLSearchParams,
) {
  if (!principal.scopes.includes('admin')) throw new UserError('forbidden', 'Expected the scope admin.')
  const sessionHash = sessionHashOf(principal, request)
  const signIn = await store.connections.takeSignIn(stateHashOf(parameters), sessionHash, now())
  const held = signIn && (await store.connections.find(signIn.connectionId))
  if (signIn === null || held === null) throw unknownState()
  const state = parameters.get('state') ?? ''
  try {
    const { verifier, redirectUri } = signIn
    const tokens = await client.exchange(held, { parameters, state, verifier, redirectUri })
    const { id, generation } = held
    const isKept = await store.together(async (tx) => {
      if (!(await tx.connections.putTokens({ id, generation, from: 'sign-in', tokens, now: now() }))) return false
      const entry = { workflowId: null, detail: held.name, changes: [] }
      await tx.audit.add({ at: now(), by: principal.actor, action: 'connection.sign_in', ...entry })
      return true
    })
    if (!isKept) {
      await revokeUnkept({ store, client }, held, tokens)
      throw changedMeanwhile()
    }
  } catch (error) {
    if (error instanceof OAuthError) throw new UserError('bad_request', `Begin the sign-in again. ${error.message}`)
    throw error
  }
  changes.announce({ workflowId: null, action: 'connection.sign_in' })
  return held.name
}

const stateHashOf = (parameters: URLSearchParams): string => hash((parameters.get('state') ?? '').slice(0, MAX_STATE))

const unknownState = (): UserError =>
  new UserError(
    'bad_request',
    'state: this session has begun no such sign-in in the last 10 minutes, or the sign-in has ended. Begin it again.',
  )

const changedMeanwhile = (): UserError =>
  new UserError('conflict', 'The connection was changed during the sign-in: begin it again.')

function sessionHashOf({ byCookie, actor }: Principal, { headers }: FastifyRequest): string {
  if (!byCookie) return hash(`key ${actor.id}`)
  const cookies = (headers.cookie ?? '').split(';').map((one) => one.trim())
  const session = cookies.find((one) => one.includes(COOKIE_PREFIX) && /^[^=]*session_token=/.test(one)) ?? ''
  return hash(`session ${actor.id} ${session}`)
}

const hash = (text: string): string => createHash('sha256').update(text).digest('base64url')
