/** oauth4webapi has the limits and addresses of the server's own requests. */

import * as oauth from 'oauth4webapi'
import {
  type Connection,
  type ConnectionConfig,
  type OAuthClient,
  OAuthError,
  type Tokens,
} from '../../domain/connections/connection.ts'
import { presetOf } from '../../domain/connections/presets.ts'
import { isObject } from '../../domain/json/is-object.ts'
import { readJson, readObject } from '../../domain/json/read-json.ts'
import type { AddressRules } from '../alerts/addresses.ts'
import { sendJson } from '../alerts/post.ts'
import { lineOf, reported, shownOf, unreachable } from './oauth-errors.ts'

const MAX_ANSWER = 256 * 1024
const MAX_ACCOUNT = 200
/** RFC 3339 has four digits for a year, and a provider may answer any number of seconds. */
const LAST_EXPIRY = Date.UTC(9999, 11, 31)

type Options = { readonly egress: AddressRules; readonly now: () => number }

export function createOAuthClient(options: Options): OAuthClient {
  const http = {
    [oauth.customFetch]: createFetch(options.egress),
    // Addresses are checked when a connection is stored.
    [oauth.allowInsecureRequests]: true,
  }
  return {
    authorizationUrl: authorizationUrl,
    exchange: async (connection, { parameters, state, verifier, redirectUri }) =>
      await reported([connection.clientSecret, verifier, parameters.get('code')], async () => {
        const as = serverOf(connection.config)
        const client = { client_id: connection.config.clientId }
        const given = new URLSearchParams(parameters)
        // Without an issuer, there is nothing to compare.
        if (connection.config.issuer === null) given.delete('iss')
        const checked = oauth.validateAuthResponse(as, client, given, state)
        const auth = authOf(connection)
        const response = await oauth.authorizationCodeGrantRequest(
          as,
          client,
          auth,
          checked,
          redirectUri,
          verifier,
          http,
        )
        const found = await oauth.processAuthorizationCodeResponse(as, client, response, KNOWN)
        return await withAccount(connection, tokensOf(connection, found, options.now()), options.egress)
      }),
    refresh: async (connection, tokens) =>
      await reported(secretsOf(connection, tokens), async () => {
        const { config } = connection
        const as = serverOf(config)
        const client = { client_id: config.clientId }
        const auth = authOf(connection)
        if (config.grant === 'client_credentials') {
          const parameters = { ...config.extraParameters, ...scopeOf(config) }
          const response = await oauth.clientCredentialsGrantRequest(as, client, auth, parameters, http)
          const found = await oauth.processClientCredentialsResponse(as, client, response, KNOWN)
          return tokensOf(connection, found, options.now())
        }
        if (tokens?.refreshToken == null) throw new OAuthError('lost', 'The provider gave no refresh token.')
        const response = await oauth.refreshTokenGrantRequest(as, client, auth, tokens.refreshToken, http)
        const found = await oauth.processRefreshTokenResponse(as, client, response, KNOWN)
        return tokensOf(connection, found, options.now())
      }),
    async revoke(connection, tokens) {
      if (connection.config.revocationUrl === null) return
      await reported(secretsOf(connection, tokens), async () => {
        const as = serverOf(connection.config)
        const client = { client_id: connection.config.clientId }
        const token = tokens.refreshToken ?? tokens.accessToken
        const response = await oauth.revocationRequest(as, client, authOf(connection), token, http)
        await oauth.processRevocationResponse(response)
      })
    },
    discover: async (issuer) => await reported([], async () => await discover(issuer, http)),
    test: async (connection, tokens) => await test(connection, tokens, options.egress),
  }
}

function authorizationUrl(
  { config }: Connection,
  { state, challenge, redirectUri }: { state: string; challenge: string; redirectUri: string },
): string {
  if (config.authorizationUrl === null) throw new Error('a connection without an authorization URL')
  const url = new URL(config.authorizationUrl)
  const parameters = {
    ...config.extraParameters,
    ...scopeOf(config),
    response_type: 'code',
    client_id: config.clientId,
    redirect_uri: redirectUri,
    state,
    code_challenge: challenge,
    code_challenge_method: 'S256',
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return url.href
}

const secretsOf = ({ clientSecret }: Connection, tokens: Tokens | null) => [
  clientSecret,
  tokens?.refreshToken,
  tokens?.accessToken,
]

const scopeOf = (config: ConnectionConfig): { scope?: string } =>
  config.scopes.length === 0 ? {} : { scope: config.scopes.join(presetOf(config).scopeSeparator) }

/** Slack names the kind of its token here. */
const KNOWN: oauth.ProcessTokenResponseOptions = { recognizedTokenTypes: { bot: () => {}, user: () => {} } }

const serverOf = (config: ConnectionConfig): oauth.AuthorizationServer => ({
  issuer: config.issuer ?? new URL(config.tokenUrl).origin,
  token_endpoint: config.tokenUrl,
  ...(config.authorizationUrl === null ? {} : { authorization_endpoint: config.authorizationUrl }),
  ...(config.revocationUrl === null ? {} : { revocation_endpoint: config.revocationUrl }),
})

function authOf({ config, clientSecret }: Connection): oauth.ClientAuth {
  if (config.clientAuth === 'none' || clientSecret === null) return oauth.None()
  return config.clientAuth === 'basic' ? oauth.ClientSecretBasic(clientSecret) : oauth.ClientSecretPost(clientSecret)
}

function tokensOf({ config }: Connection, found: oauth.TokenEndpointResponse, now: number): Tokens {
  const seconds = found.expires_in ?? presetOf(config).assumedSeconds
  const account: unknown = found[ACCOUNT]
  return {
    accessToken: found.access_token,
    tokenType: found.token_type === 'bearer' ? 'Bearer' : found.token_type,
    refreshToken: found.refresh_token ?? null,
    expiresAt: seconds === null ? null : Math.min(now + Math.round(seconds * 1000), LAST_EXPIRY),
    account: typeof account === 'string' ? account : null,
  }
}

/** An unreadable account does not fail the sign-in. */
async function withAccount({ config }: Connection, tokens: Tokens, egress: AddressRules): Promise<Tokens> {
  if (config.userinfoUrl === null) return tokens
  try {
    const { status, text } = await get(config.userinfoUrl, tokens, egress)
    const account = status === 200 ? accountIn(JSON.parse(text)) : null
    return { ...tokens, account: account ?? tokens.account }
  } catch {
    return tokens
  }
}

function accountIn(claims: unknown): string | null {
  if (!isObject(claims)) return null
  const team = isObject(claims.team) ? claims.team.name : undefined
  const found = [claims.email, claims.preferred_username, team, claims.name, claims.sub]
  const text = found.find((one) => typeof one === 'string' && one !== '')
  return typeof text === 'string' ? lineOf(text, MAX_ACCOUNT) : null
}

const get = (url: string, { accessToken }: Tokens, egress: AddressRules) =>
  sendJson(url, { body: null, headers: { Authorization: `Bearer ${accessToken}` }, maxAnswer: MAX_ANSWER }, egress)

async function test(connection: Connection, tokens: Tokens, egress: AddressRules) {
  const { config } = connection
  const { testUrl } = presetOf(config)
  const url = testUrl === null ? config.userinfoUrl : new URL(testUrl, config.tokenUrl).href
  if (url === null)
    return { ok: true, status: null, detail: 'The token is valid. The provider has no call to test it.' }
  try {
    const { status, text } = await get(url, tokens, egress)
    const refusal = status === 200 ? refusalIn(text) : null
    if (status === 200 && refusal === null) return { ok: true, status, detail: `${new URL(url).host} answered 200.` }
    return {
      ok: false,
      status,
      detail: shownOf(secretsOf(connection, tokens), refusal ?? `${new URL(url).host} answered ${status}.`),
    }
  } catch (error) {
    return { ok: false, status: null, detail: shownOf(secretsOf(connection, tokens), unreachable(error)) }
  }
}

/** Slack answers 200 with `ok: false`. */
function refusalIn(text: string): string | null {
  const body = readObject(text)
  return body?.ok === false ? `The provider refused the token: ${String(body.error)}.` : null
}

async function discover(issuer: string, http: object): Promise<Partial<ConnectionConfig>> {
  const url = new URL(issuer)
  const failures: unknown[] = []
  for (const algorithm of ['oidc', 'oauth2'] as const) {
    try {
      const response = await oauth.discoveryRequest(url, { ...http, algorithm })
      const found = await oauth.processDiscoveryResponse(url, response)
      return {
        issuer: found.issuer,
        authorizationUrl: found.authorization_endpoint ?? null,
        ...(found.token_endpoint === undefined ? {} : { tokenUrl: found.token_endpoint }),
        revocationUrl: found.revocation_endpoint ?? null,
        userinfoUrl: found.userinfo_endpoint ?? null,
      }
    } catch (error) {
      failures.push(error)
    }
  }
  throw failures[0]
}

const ACCOUNT = 'workflows_account'

type Fetch = (
  url: string,
  options: { method: string; body?: unknown; headers: Record<string, string> },
) => Promise<Response>

function createFetch(egress: AddressRules): Fetch {
  return async (url, { body, headers }) => {
    const text = body == null ? null : String(body)
    const answer = await sendJson(url, { body: text, headers, maxAnswer: MAX_ANSWER }, egress)
    const { status, text: read } = plainAnswer(answer.status, answer.text)
    const isEmpty = status === 204 || status === 304
    return new Response(isEmpty ? null : read, { status, headers: { 'Content-Type': 'application/json' } })
  }
}

/**
 * Slack and Zoho answer 200 with an error. Some providers write null for what they do not set. The ID token only names
 * the account and came from the provider, so its signature and claims are not checked.
 */
function plainAnswer(status: number, text: string): { status: number; text: string } {
  const read = readObject(text)
  if (read === null) return { status, text }
  const body = Object.fromEntries(Object.entries(read).filter(([, value]) => value !== null))
  if (status === 200 && typeof body.error === 'string' && body.access_token === undefined)
    return { status: 400, text: JSON.stringify({ error: body.error }) }
  if (body.access_token === undefined) return { status, text }
  const { id_token: idToken, ...rest } = body
  const account = accountIn(typeof idToken === 'string' ? claimsOf(idToken) : rest)
  return { status, text: JSON.stringify({ token_type: 'Bearer', ...rest, [ACCOUNT]: account }) }
}

const claimsOf = (token: string): unknown =>
  readJson(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
