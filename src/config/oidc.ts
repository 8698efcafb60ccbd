import type { ValuesOf } from './option.ts'

const ROLES = ['owner', 'editor', 'viewer', 'approver'] as const

/** `*` matches any value or none. */
type RoleRule = { readonly role: (typeof ROLES)[number]; readonly value: string }

export type OidcConfig = {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  readonly name: string
  /** Null: the app manages roles. */
  readonly roleClaim: string | null
  readonly roles: readonly RoleRule[]
}

export const OIDC_OPTIONS = {
  issuer: {
    variable: 'WORKFLOWS_OIDC_ISSUER',
    default: null,
    parse: parseIssuer,
    doc: 'The https URL of a provider by which people also [sign in](../operate/accounts.md#sign-in-by-a-provider) (OpenID Connect). Needs the client ID, its secret and `WORKFLOWS_PUBLIC_URL`.',
  },
  clientId: {
    variable: 'WORKFLOWS_OIDC_CLIENT_ID',
    default: null,
    parse: parseOidcText,
    doc: 'The client ID that the provider issued.',
  },
  clientSecret: {
    variable: 'WORKFLOWS_OIDC_CLIENT_SECRET',
    default: null,
    parse: parseOidcText,
    secret: true,
    doc: 'The secret of that client.',
  },
  name: {
    variable: 'WORKFLOWS_OIDC_NAME',
    default: null,
    shownDefault: "the issuer's host",
    parse: parseOidcText,
    doc: "The provider's name on the sign-in page.",
  },
  roleClaim: {
    variable: 'WORKFLOWS_OIDC_ROLE_CLAIM',
    default: null,
    parse: parseOidcText,
    doc: 'The claim that gives people their role, such as `groups`. Without it, roles are managed in the app.',
  },
  roles: {
    variable: 'WORKFLOWS_OIDC_ROLES',
    default: 'owner=owner,editor=editor,viewer=viewer',
    parse: parseRoles,
    doc: 'Values of the claim and their roles. `*` matches any value.',
  },
} as const

export function joinOidc(values: ValuesOf<typeof OIDC_OPTIONS>, publicUrl: string | null): OidcConfig | null {
  const { issuer, clientId, clientSecret, roleClaim, roles } = values
  if (issuer === null) {
    const isAlone = clientId !== null || clientSecret !== null || roleClaim !== null
    if (isAlone) throw new Error('expected the URL of the provider, because other WORKFLOWS_OIDC_ options are set')
    return null
  }
  if (clientId === null || clientSecret === null) {
    throw new Error('expected WORKFLOWS_OIDC_CLIENT_ID and WORKFLOWS_OIDC_CLIENT_SECRET beside it')
  }
  if (publicUrl === null) {
    throw new Error('expected WORKFLOWS_PUBLIC_URL beside it: the provider sends people there')
  }
  const name = values.name ?? new URL(issuer).hostname
  return { issuer, clientId, clientSecret, name, roleClaim, roles }
}

/** The issuer receives secrets: only a local one may omit https. */
function parseIssuer(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  const isLocal = url !== null && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)
  const isFine = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLocal)
  if (!isFine || url.search !== '' || url.hash !== '' || url.username !== '') {
    throw new Error(`expected an https URL such as https://login.example.com, found ${JSON.stringify(text)}`)
  }
  return text.replace(/\/+$/, '')
}

/** Such as `owner=platform-admins,editor=hr,viewer=*`. */
function parseRoles(text: string): readonly RoleRule[] {
  return text.split(',').map((item) => {
    const [, name, value = ''] = /^\s*(\w+)\s*=\s*(\S.*?)\s*$/.exec(item) ?? []
    const role = ROLES.find((one) => one === name)
    if (role === undefined) {
      throw new Error(`expected a list such as owner=admins,editor=hr,viewer=*, found ${JSON.stringify(item.trim())}`)
    }
    return { role, value }
  })
}

/** The value may be a secret. */
function parseOidcText(text: string): string {
  if (/^[\x20-\x7e]{1,1000}$/.test(text)) return text
  throw new Error('expected 1 to 1,000 printable ASCII characters (the value is not shown)')
}
