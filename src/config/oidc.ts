/** Options of OpenID Connect sign-in. */

const ROLES = ['owner', 'editor', 'viewer'] as const

/** A claim value and its role. `*` matches any value or none. */
export type RoleRule = { readonly role: (typeof ROLES)[number]; readonly value: string }

export type OidcConfig = {
  /** URL without a trailing slash. */
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  readonly name: string
  /** Claim with a person's roles or groups. Null: roles are managed in the app. */
  readonly roleClaim: string | null
  readonly roles: readonly RoleRule[]
}

type Parts = {
  readonly publicUrl: string | null
  readonly oidcIssuer: string | null
  readonly oidcClientId: string | null
  readonly oidcClientSecret: string | null
  readonly oidcName: string | null
  readonly oidcRoleClaim: string | null
  readonly oidcRoles: readonly RoleRule[] | null
}

const DEFAULT_ROLES: readonly RoleRule[] = ROLES.map((role) => ({ role, value: role }))

/** Returns null if no issuer is configured. Throws if an option is missing. */
export function joinOidc(parts: Parts): OidcConfig | null {
  const { publicUrl, oidcIssuer: issuer, oidcClientId: clientId, oidcClientSecret: clientSecret } = parts
  if (issuer === null) {
    const isAlone = clientId !== null || clientSecret !== null || parts.oidcRoleClaim !== null
    if (isAlone) throw new Error('expected the URL of the provider, because other WORKFLOWS_OIDC_ options are set')
    return null
  }
  if (clientId === null || clientSecret === null) {
    throw new Error('expected WORKFLOWS_OIDC_CLIENT_ID and WORKFLOWS_OIDC_CLIENT_SECRET beside it')
  }
  if (publicUrl === null) throw new Error('expected WORKFLOWS_PUBLIC_URL beside it: the provider sends people there')
  const name = parts.oidcName ?? new URL(issuer).hostname
  return {
    issuer,
    clientId,
    clientSecret,
    name,
    roleClaim: parts.oidcRoleClaim,
    roles: parts.oidcRoles ?? DEFAULT_ROLES,
  }
}

/** Secrets are sent to the issuer, so only a local one may omit https. */
export function parseIssuer(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  const isLocal = url !== null && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)
  const isFine = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLocal)
  if (!isFine || url.search !== '' || url.hash !== '' || url.username !== '') {
    throw new Error(`expected an https URL such as https://login.example.com, found ${JSON.stringify(text)}`)
  }
  return text.replace(/\/+$/, '')
}

/** Parses roles such as `owner=platform-admins,editor=hr,viewer=*`. */
export function parseRoles(text: string): readonly RoleRule[] {
  return text.split(',').map((item) => {
    const [, name, value = ''] = /^\s*(\w+)\s*=\s*(\S.*?)\s*$/.exec(item) ?? []
    const role = ROLES.find((one) => one === name)
    if (role === undefined) {
      throw new Error(`expected a list such as owner=admins,editor=hr,viewer=*, found ${JSON.stringify(item.trim())}`)
    }
    return { role, value }
  })
}

/** The error omits the value, which may be a secret. */
export function parseOidcText(text: string): string {
  if (/^[\x20-\x7e]{1,1000}$/.test(text)) return text
  throw new Error('expected 1 to 1,000 printable ASCII characters (the value is not shown)')
}
