import { openGet } from './call.ts'
/** RFC 6749, with PKCE of RFC 7636. */

import { createHash, randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { type Call, type Route, textOf } from './call.ts'

export type Tokens = {
  readonly access_token: string
  readonly refresh_token: string
  readonly expires_in: number
  readonly expires_at: number
}

export type OAuth = {
  /** The code is valid once, within a minute. */
  authorize(redirect: string, challenge: string | null, now: number): string
  exchange(code: string, redirect: string, verifier: string | null, now: number): Tokens | null
  /** Valid once. */
  refresh(token: string, now: number): Tokens | null
  issue(now: number): Tokens
  isLive(token: string, now: number): boolean
  expireAll(): void
}

const CODE_MS = 60_000
const MAX_KEPT = 200
const ACCESS_SECONDS = 3600

export function createOAuth(): OAuth {
  const codes = new LRUCache<string, { redirect: string; challenge: string | null; until: number }>({ max: MAX_KEPT })
  const access = new LRUCache<string, number>({ max: MAX_KEPT })
  const refreshes = new LRUCache<string, true>({ max: MAX_KEPT })
  const issue = (now: number): Tokens => {
    const expiresAt = now + ACCESS_SECONDS * 1000
    const tokens = { access_token: token(), refresh_token: token(), expires_in: ACCESS_SECONDS, expires_at: expiresAt }
    access.set(tokens.access_token, expiresAt)
    refreshes.set(tokens.refresh_token, true)
    return tokens
  }
  return {
    issue,
    authorize(redirect, challenge, now) {
      const code = token()
      codes.set(code, { redirect, challenge, until: now + CODE_MS })
      return code
    },
    exchange(code, redirect, verifier, now) {
      const known = codes.get(code)
      codes.delete(code)
      if (known === undefined || known.until < now || known.redirect !== redirect) return null
      return known.challenge === null || known.challenge === challengeOf(verifier) ? issue(now) : null
    },
    refresh: (old, now) => (refreshes.delete(old) ? issue(now) : null),
    isLive: (given, now) => (access.get(given) ?? 0) > now,
    expireAll: () => access.clear(),
  }
}

const token = (): string => randomBytes(24).toString('base64url')

const challengeOf = (verifier: string | null): string =>
  createHash('sha256')
    .update(verifier ?? '')
    .digest('base64url')

export function basicOf({ headers }: Call): { readonly name: string; readonly password: string } | null {
  const [scheme = '', value = ''] = (headers.authorization ?? '').split(' ')
  if (scheme.toLowerCase() !== 'basic') return null
  const text = Buffer.from(value, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon === -1 ? null : { name: text.slice(0, colon), password: text.slice(colon + 1) }
}

export function bearerOf({ headers }: Call): string | null {
  const [scheme = '', value = ''] = (headers.authorization ?? '').split(' ')
  return scheme.toLowerCase() === 'bearer' && value !== '' ? value : null
}

export type Client = { readonly client_id: string; readonly client_secret: string }
export type GrantError = 'invalid_client' | 'invalid_grant' | 'unsupported_grant_type'
type Grant = 'client_credentials' | 'authorization_code' | 'refresh_token'

/** The client's credentials are in HTTP Basic or the body. */
export function takeGrant(call: Call, oauth: OAuth, client: Client, allowed: readonly Grant[]): Tokens | GrantError {
  const { body, now } = call
  const basic = basicOf(call)
  const [id, password] = [basic?.name ?? body['client_id'], basic?.password ?? body['client_secret']]
  if (id !== client.client_id || password !== client.client_secret) return 'invalid_client'
  const asked = body['grant_type'] ?? 'authorization_code'
  const verifier = typeof body['code_verifier'] === 'string' ? body['code_verifier'] : null
  switch (allowed.find((grant) => grant === asked)) {
    case 'client_credentials':
      return oauth.issue(now)
    case 'authorization_code':
      return oauth.exchange(textOf(body['code']), textOf(body['redirect_uri']), verifier, now) ?? 'invalid_grant'
    case 'refresh_token':
      return oauth.refresh(textOf(body['refresh_token']), now) ?? 'invalid_grant'
    case undefined:
      return 'unsupported_grant_type'
  }
}

type Consent = { readonly path: string; readonly clientId: string; isCallback(url: string): boolean }

/** Redirects to the callback without a question. */
export function authorizeRoute(oauth: OAuth, { path, clientId, isCallback }: Consent): Route {
  return openGet(path, ({ query, now }) => {
    const redirect = query.get('redirect_uri') ?? ''
    if (query.get('client_id') !== clientId) return { status: 400, body: { error: 'invalid_client' } }
    if (!isCallback(redirect)) return { status: 400, body: { error: 'invalid_redirect_uri' } }
    const url = new URL(redirect)
    url.searchParams.set('code', oauth.authorize(redirect, query.get('code_challenge'), now))
    const state = query.get('state')
    if (state !== null) url.searchParams.set('state', state)
    return { status: 302, headers: { location: url.href } }
  })
}
