import type { Actor } from '../shared/actor.ts'

export const GRANTS = ['authorization_code', 'client_credentials'] as const
export type Grant = (typeof GRANTS)[number]
export const CLIENT_AUTHS = ['basic', 'body', 'none'] as const
export type ClientAuth = (typeof CLIENT_AUTHS)[number]
export const CONNECTION_STATUSES = ['new', 'connected', 'needs_sign_in'] as const
export type ConnectionStatus = (typeof CONNECTION_STATUSES)[number]

export const CONNECTION_NAME = /^[a-z][a-z0-9_]{0,62}$/
export const CONNECTION_LIMITS = { connections: 200, perWorkflow: 20, scopes: 50 } as const

/** Least validity of a token at a run's start. */
const MIN_LEFT_MS = 60_000
const EARLY_MS = 5 * 60_000
const FIRST_RETRY_MS = 1000
const MAX_RETRY_MS = 5 * 60_000

export type ConnectionConfig = {
  readonly provider: string
  readonly clientId: string
  readonly grant: Grant
  readonly clientAuth: ClientAuth
  readonly scopes: readonly string[]
  readonly extraParameters: Readonly<Record<string, string>>
  readonly issuer: string | null
  readonly authorizationUrl: string | null
  readonly tokenUrl: string
  readonly revocationUrl: string | null
  readonly userinfoUrl: string | null
}

export type Tokens = {
  readonly accessToken: string
  readonly tokenType: string
  readonly refreshToken: string | null
  readonly expiresAt: number | null
  readonly account: string | null
}

export type Connection = {
  readonly id: string
  readonly name: string
  readonly config: ConnectionConfig
  readonly clientSecret: string | null
  readonly status: ConnectionStatus
  readonly account: string | null
  readonly expiresAt: number | null
  readonly refreshedAt: number | null
  readonly problem: string | null
  readonly createdBy: Actor
  readonly createdAt: number
}

export type HeldTokens = Connection & {
  readonly generation: number
  readonly tokens: Tokens | null
  readonly failures: number
  readonly retryAt: number | null
  /** The result of a refresh is not stored yet. */
  readonly isRefreshing: boolean
}

/** Null expiry: usable until the provider refuses the token. */
export const isUsable = ({ tokens }: HeldTokens, now: number, minLeftMs = MIN_LEFT_MS): boolean =>
  tokens !== null && (tokens.expiresAt === null || tokens.expiresAt - now >= minLeftMs)

/** Early, so that a failure leaves time for other attempts. */
export function isDue({ tokens, refreshedAt }: HeldTokens, now: number): boolean {
  if (tokens?.expiresAt == null) return false
  const lifetime = tokens.expiresAt - (refreshedAt ?? tokens.expiresAt)
  return tokens.expiresAt - now < MIN_LEFT_MS + Math.min(EARLY_MS, lifetime / 4)
}

export const retryAtAfter = (failures: number, now: number): number =>
  now + Math.min(FIRST_RETRY_MS * 2 ** Math.min(failures, 20), MAX_RETRY_MS)

export const settingOf = ({ accessToken, tokenType, expiresAt }: Tokens, account: string | null): string =>
  JSON.stringify({
    access_token: accessToken,
    token_type: tokenType,
    expires_at: expiresAt === null ? null : new Date(expiresAt).toISOString(),
    account,
  })

/** `lost`: a person must sign in. `unclear`: the provider may have used the token. */
export type OAuthProblem = 'lost' | 'unclear' | 'refused'

export class OAuthError extends Error {
  readonly problem: OAuthProblem

  constructor(problem: OAuthProblem, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'OAuthError'
    this.problem = problem
  }
}

export type OAuthClient = {
  authorizationUrl(connection: Connection, sign: { state: string; challenge: string; redirectUri: string }): string
  /** Throws OAuthError. */
  exchange(
    connection: Connection,
    callback: { parameters: URLSearchParams; state: string; verifier: string; redirectUri: string },
  ): Promise<Tokens>
  /** Throws OAuthError. */
  refresh(connection: Connection, tokens: Tokens | null): Promise<Tokens>
  revoke(connection: Connection, tokens: Tokens): Promise<void>
  discover(issuer: string): Promise<Partial<ConnectionConfig>>
  test(connection: Connection, tokens: Tokens): Promise<{ ok: boolean; status: number | null; detail: string }>
}
