import type { Static } from 'typebox'
import type { Config } from '../../../config.ts'
import type { ConnectionConfig, OAuthClient } from '../../../domain/connections/connection.ts'
import { OAuthError } from '../../../domain/connections/connection.ts'
import { findPreset, PRESETS } from '../../../domain/connections/presets.ts'
import { UserError } from '../../../errors.ts'
import { egressWith } from '../../alerts/addresses.ts'
import type { ApiContext } from '../common/api.ts'
import type { ConnectionCreate, ConnectionPatch } from './schemas.ts'

type Deps = Pick<ApiContext, 'demo'> & {
  readonly config: Pick<Config, 'egress'>
  readonly oauth: Pick<OAuthClient, 'discover'>
}
type Sent = Static<typeof ConnectionCreate>

/** Adds the addresses of the preset or issuer. Throws `bad_request`. */
export async function readConfig(deps: Deps, sent: Sent): Promise<ConnectionConfig> {
  const preset = findPreset(sent.provider)
  if (preset === null) {
    const known = PRESETS.map(({ provider }) => provider).join(', ')
    throw bad(`provider: expected one of ${known}, found ${JSON.stringify(sent.provider)}.`)
  }
  if (sent.issuer != null) assertUrl(deps, 'issuer', sent.issuer)
  const found = sent.issuer == null ? {} : await discover(deps, sent.issuer)
  const tokenUrl = sent.token_url ?? found.tokenUrl ?? preset.tokenUrl
  if (tokenUrl === null) throw bad('token_url: expected one, or an issuer whose metadata has it.')
  return checkConfig(deps, {
    provider: preset.provider,
    clientId: sent.client_id,
    grant: sent.grant ?? preset.grant,
    clientAuth: sent.client_auth ?? preset.clientAuth,
    scopes: sent.scopes ?? preset.scopes,
    extraParameters: sent.extra_parameters ?? preset.extraParameters,
    issuer: found.issuer ?? preset.issuer,
    authorizationUrl: pick(sent.authorization_url, found.authorizationUrl, preset.authorizationUrl),
    tokenUrl,
    revocationUrl: pick(sent.revocation_url, found.revocationUrl, preset.revocationUrl),
    userinfoUrl: pick(sent.userinfo_url, found.userinfoUrl, preset.userinfoUrl),
  })
}

const pick = (...given: readonly (string | null | undefined)[]): string | null =>
  given.find((one) => one !== undefined) ?? null

export function changeConfig(deps: Deps, before: ConnectionConfig, sent: Static<typeof ConnectionPatch>) {
  return checkConfig(deps, {
    ...before,
    clientId: sent.client_id ?? before.clientId,
    clientAuth: sent.client_auth ?? before.clientAuth,
    scopes: sent.scopes ?? before.scopes,
    extraParameters: sent.extra_parameters ?? before.extraParameters,
    authorizationUrl: pick(sent.authorization_url, before.authorizationUrl),
    tokenUrl: sent.token_url ?? before.tokenUrl,
    revocationUrl: pick(sent.revocation_url, before.revocationUrl),
    userinfoUrl: pick(sent.userinfo_url, before.userinfoUrl),
  })
}

/** Whether a new address would receive the client secret or a token. */
export function movesOf(before: ConnectionConfig, { tokenUrl, revocationUrl, userinfoUrl }: ConnectionConfig) {
  const isNew = (url: string | null, known: string | null) => url !== null && url !== known
  return {
    sendsSecret: isNew(tokenUrl, before.tokenUrl) || isNew(revocationUrl, before.revocationUrl),
    sendsToken: isNew(userinfoUrl, before.userinfoUrl),
  }
}

function checkConfig(deps: Deps, config: ConnectionConfig): ConnectionConfig {
  if (config.grant === 'authorization_code' && config.authorizationUrl === null)
    throw bad('authorization_url: expected one with the grant authorization_code.')
  const urls = {
    authorization_url: config.authorizationUrl,
    token_url: config.tokenUrl,
    revocation_url: config.revocationUrl,
    userinfo_url: config.userinfoUrl,
  }
  for (const [field, url] of Object.entries(urls)) if (url !== null) assertUrl(deps, field, url)
  for (const name of Object.keys(config.extraParameters))
    if (RESERVED.has(name)) throw bad(`extra_parameters: expected none of the protocol's own, found ${name}.`)
  return config
}

const RESERVED = new Set([
  'response_type',
  'client_id',
  'client_secret',
  'redirect_uri',
  'state',
  'scope',
  'code',
  'code_challenge',
  'code_challenge_method',
  'code_verifier',
  'grant_type',
  'refresh_token',
])

/** Plain HTTP needs a target that the operator allowed. */
function assertUrl({ config, demo }: Deps, field: string, text: string): void {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || url.username !== '' || url.password !== '' || url.hash !== '')
    throw bad(`${field}: expected a URL without credentials and fragment.`)
  if (url.protocol === 'https:') return
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const port = Number(url.port === '' ? 80 : url.port)
  const names = host === 'localhost' ? ['localhost', '127.0.0.1', '::1'] : [host]
  const isAllowed = egressWith(demo, config.egress).allow.some(
    (target) => target.port === port && names.includes(target.host),
  )
  if (url.protocol === 'http:' && isAllowed) return
  throw bad(`${field}: expected an https URL, found ${url.protocol}//${url.host}.`)
}

async function discover({ oauth }: Deps, issuer: string): Promise<Partial<ConnectionConfig>> {
  try {
    return await oauth.discover(issuer)
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error
    throw bad(`issuer: its metadata could not be read. ${error.message}`)
  }
}

const bad = (detail: string): UserError => new UserError('bad_request', detail)
