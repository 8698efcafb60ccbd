/** `docs` is the provider's page with its addresses. */

import type { ClientAuth, ConnectionConfig, Grant } from './connection.ts'

export type Preset = {
  readonly provider: string
  readonly name: string
  readonly grant: Grant
  readonly clientAuth: ClientAuth
  readonly issuer: string | null
  readonly authorizationUrl: string | null
  readonly tokenUrl: string | null
  readonly revocationUrl: string | null
  readonly userinfoUrl: string | null
  readonly scopes: readonly string[]
  readonly extraParameters: Readonly<Record<string, string>>
  readonly notes: string
  readonly docs: string
  readonly scopeSeparator: ' ' | ','
  /**
   * A harmless call, with status 200 for a valid token. Relative to the token URL, so that a connection to a sandbox
   * tests the sandbox. Null: the test reads the user info.
   */
  readonly testUrl: string | null
  /** A refresh token stays valid after its use. */
  readonly keepsRefreshTokens: boolean
  /** If the provider does not send the lifetime. */
  readonly assumedSeconds: number | null
  /** Idle time after which a refresh token is used, so that it does not expire. */
  readonly idleHours: number
}

const PLAIN = {
  grant: 'authorization_code',
  clientAuth: 'body',
  issuer: null,
  authorizationUrl: null,
  tokenUrl: null,
  revocationUrl: null,
  userinfoUrl: null,
  scopes: [],
  extraParameters: {},
  notes: '',
  scopeSeparator: ' ',
  testUrl: null,
  keepsRefreshTokens: false,
  assumedSeconds: null,
  idleHours: 6 * 24,
} as const satisfies Partial<Preset>

export const PRESETS: readonly Preset[] = [
  {
    ...PLAIN,
    provider: 'google',
    name: 'Google',
    issuer: 'https://accounts.google.com',
    authorizationUrl: 'https://accounts.google.com/o/oauth2/v2/auth',
    tokenUrl: 'https://oauth2.googleapis.com/token',
    revocationUrl: 'https://oauth2.googleapis.com/revoke',
    userinfoUrl: 'https://openidconnect.googleapis.com/v1/userinfo',
    scopes: ['openid', 'email'],
    extraParameters: { access_type: 'offline', prompt: 'consent' },
    keepsRefreshTokens: true,
    notes: 'While the consent screen is in testing, Google ends refresh tokens after 7 days.',
    docs: 'https://developers.google.com/identity/protocols/oauth2/web-server',
  },
  {
    ...PLAIN,
    provider: 'microsoft',
    name: 'Microsoft',
    authorizationUrl: 'https://login.microsoftonline.com/common/oauth2/v2.0/authorize',
    tokenUrl: 'https://login.microsoftonline.com/common/oauth2/v2.0/token',
    scopes: ['offline_access', 'User.Read'],
    testUrl: 'https://graph.microsoft.com/v1.0/me',
    keepsRefreshTokens: true,
    notes: 'An application of one tenant needs the id of the tenant instead of common in both addresses.',
    docs: 'https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow',
  },
  {
    ...PLAIN,
    provider: 'slack',
    name: 'Slack',
    authorizationUrl: 'https://slack.com/oauth/v2/authorize',
    tokenUrl: 'https://slack.com/api/oauth.v2.access',
    scopes: ['chat:write'],
    scopeSeparator: ',',
    testUrl: 'auth.test',
    notes: 'Tokens expire only if token rotation is on in the settings of the app.',
    docs: 'https://docs.slack.dev/authentication/using-token-rotation',
  },
  {
    ...PLAIN,
    provider: 'salesforce',
    name: 'Salesforce',
    authorizationUrl: 'https://login.salesforce.com/services/oauth2/authorize',
    tokenUrl: 'https://login.salesforce.com/services/oauth2/token',
    revocationUrl: 'https://login.salesforce.com/services/oauth2/revoke',
    userinfoUrl: 'https://login.salesforce.com/services/oauth2/userinfo',
    scopes: ['api', 'refresh_token'],
    assumedSeconds: 3600,
    notes: 'A sandbox has test.salesforce.com in each address.',
    docs: 'https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_web_server_flow.htm',
  },
  {
    ...PLAIN,
    provider: 'greenhouse',
    name: 'Greenhouse',
    grant: 'client_credentials',
    clientAuth: 'basic',
    authorizationUrl: 'https://auth.greenhouse.io/authorize',
    tokenUrl: 'https://auth.greenhouse.io/token',
    idleHours: 12,
    notes:
      'Harvest v3. A custom integration uses client_credentials, with the extra parameter sub for a user. ' +
      'A partner uses authorization_code, whose refresh tokens last 24 hours.',
    docs: 'https://harvestdocs.greenhouse.io/docs/authentication',
  },
  {
    ...PLAIN,
    provider: 'smartrecruiters',
    name: 'SmartRecruiters',
    grant: 'client_credentials',
    tokenUrl: 'https://api.smartrecruiters.com/identity/oauth/token',
    notes: 'An administrator creates an OAuth client ID in the Credential Manager, and chooses its scopes there.',
    docs: 'https://developers.smartrecruiters.com/docs/authentication-oauth-client-credential',
  },
  {
    ...PLAIN,
    provider: 'bullhorn',
    name: 'Bullhorn',
    authorizationUrl: 'https://auth.bullhornstaffing.com/oauth/authorize',
    tokenUrl: 'https://auth.bullhornstaffing.com/oauth/token',
    notes:
      'A refresh token can be used once. The function exchanges the access token for a session of the REST API. ' +
      'Each data centre has its own addresses, which loginInfo returns for a user.',
    docs: 'https://bullhorn.github.io/Getting-Started-with-REST',
  },
  {
    ...PLAIN,
    provider: 'zoho_recruit',
    name: 'Zoho Recruit',
    authorizationUrl: 'https://accounts.zoho.com/oauth/v2/auth',
    tokenUrl: 'https://accounts.zoho.com/oauth/v2/token',
    revocationUrl: 'https://accounts.zoho.com/oauth/v2/token/revoke',
    scopes: ['ZohoRecruit.modules.ALL'],
    scopeSeparator: ',',
    extraParameters: { access_type: 'offline', prompt: 'consent' },
    keepsRefreshTokens: true,
    notes: 'Another data centre has another domain, such as accounts.zoho.eu.',
    docs: 'https://www.zoho.com/recruit/developer-guide/apiv2/oauth-overview.html',
  },
  {
    ...PLAIN,
    provider: 'lever',
    name: 'Lever',
    authorizationUrl: 'https://auth.lever.co/authorize',
    tokenUrl: 'https://auth.lever.co/oauth/token',
    scopes: ['offline_access'],
    extraParameters: { audience: 'https://api.lever.co/v1/' },
    notes: 'The sandbox has sandbox-lever.auth0.com and the audience https://api.sandbox.lever.co/v1/.',
    docs: 'https://hire.lever.co/developer/documentation#authentication',
  },
  {
    ...PLAIN,
    provider: 'oauth2',
    name: 'Another service (OAuth 2)',
    clientAuth: 'basic',
    notes: 'Name the addresses of the service, or its issuer, whose metadata is read (RFC 8414, OpenID).',
    docs: 'https://www.rfc-editor.org/rfc/rfc6749',
  },
]

const ANY = PRESETS[PRESETS.length - 1] as Preset

export const findPreset = (provider: string): Preset | null =>
  PRESETS.find((preset) => preset.provider === provider) ?? null

export const presetOf = ({ provider }: Pick<ConnectionConfig, 'provider'>): Preset => findPreset(provider) ?? ANY
