/** Every option of the program: variable, default, check. Only this file reads the environment. */

import { isIP } from 'node:net'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { joinOidc, type OidcConfig, parseIssuer, parseOidcText, parseRoles, type RoleRule } from './config/oidc.ts'
import { StartError } from './errors.ts'

export type SandboxMode = 'auto' | 'bwrap' | 'landlock' | 'none'
export type AddressRange = { readonly address: string; readonly prefix: number; readonly family: 'ipv4' | 'ipv6' }
/** Pages that are public unless the operator requires a log-in. */
export type PublicPage = (typeof PUBLIC_PAGES)[number]
export type EgressTarget = { readonly host: string; readonly port: number }
/** `port` null: every port. */
export type EgressDenial = AddressRange & { readonly port: number | null }

export type Config = {
  readonly host: string
  readonly port: number
  /** Null: built from the host and the bound port. */
  readonly publicUrl: string | null
  readonly hooksUrl: string | null
  readonly dataDir: string
  readonly databaseUrl: string | null
  readonly apiKey: string | null
  /** 32 bytes; null: read from, or generated in, the data directory. */
  readonly secretKey: Buffer | null
  /** 32 bytes, for `rotate-key` where the secret key comes from the environment. */
  readonly newSecretKey: Buffer | null
  readonly sandbox: SandboxMode
  readonly zygotes: boolean
  /** Folders in which programs such as bubblewrap are searched. */
  readonly programFolders: readonly string[]
  /** Whether a stand-in HrFlow runs beside the server. */
  readonly demo: boolean
  readonly egressAllow: readonly EgressTarget[]
  /** What functions may not reach, whatever `egressAllow` says. */
  readonly egressDeny: readonly EgressDenial[]
  readonly smtpUrl: string | null
  /** Sign-ins by an identity provider. */
  readonly oidc: OidcConfig | null
  /** Retention of ended runs for workflows without a setting of their own. */
  readonly retentionDays: number
  readonly retentionMib: number
  /** Of the runs of all workflows together. */
  readonly retentionTotalMib: number
  /** Retention of the audit log. */
  readonly auditDays: number
  readonly auditLines: number
  /** Proxies whose `X-Forwarded-For` is trusted. */
  readonly trustedProxies: readonly AddressRange[]
  /** Pages that need a session or an API key with the scope `read`. */
  readonly loginFor: readonly PublicPage[]
  /** Whether source distributions may be built. */
  readonly packageBuilds: boolean
  /** Whether owners may install Pythons, and the folder where uv keeps them. */
  readonly pythonDownloads: boolean
  readonly uvPythons: string
  /** How long an environment is kept that no deployed version uses. */
  readonly environmentDays: number
  /** The variables that say where pip and uv find packages. */
  readonly packageVariables: Readonly<Record<string, string>>
  readonly queueSeconds: number
  readonly graceSeconds: number
  readonly leaseSeconds: number
}

type Environment = Readonly<Record<string, string | undefined>>
type Option<T> = { readonly variable: string; readonly fallback: T; readonly parse: (text: string) => T }

const PUBLIC_PAGES = ['metrics', 'docs'] as const
const SANDBOX_MODES: readonly SandboxMode[] = ['auto', 'bwrap', 'landlock', 'none']

const OPTIONS = {
  host: option('WORKFLOWS_HOST', '127.0.0.1', parseHost),
  port: option('WORKFLOWS_PORT', 4400, (text) => parseWhole(text, 0, 65535)),
  publicUrl: option<string | null>('WORKFLOWS_PUBLIC_URL', null, parseBaseUrl),
  hooksUrl: option<string | null>('WORKFLOWS_HOOKS_URL', null, parseBaseUrl),
  dataDir: option('WORKFLOWS_DATA_DIR', resolve('data'), (text) => resolve(text)),
  databaseUrl: option<string | null>('DATABASE_URL', null, parseDatabaseUrl),
  apiKey: option<string | null>('WORKFLOWS_API_KEY', null, parseApiKey),
  secretKey: option<Buffer | null>('WORKFLOWS_SECRET_KEY', null, parseSecretKey),
  newSecretKey: option<Buffer | null>('WORKFLOWS_NEW_SECRET_KEY', null, parseSecretKey),
  sandbox: option<SandboxMode>('WORKFLOWS_SANDBOX', 'auto', parseSandbox),
  zygotes: option('WORKFLOWS_ZYGOTES', true, parseSwitch),
  programFolders: option<readonly string[]>('PATH', ['/usr/local/bin', '/usr/bin', '/bin'], parseFolders),
  demo: option('WORKFLOWS_DEMO', false, (text) => text === '1' || (text !== '0' && parseSwitch(text))),
  egressAllow: option<readonly EgressTarget[]>('WORKFLOWS_EGRESS_ALLOW', [], parseEgress),
  egressDeny: option<readonly EgressDenial[]>('WORKFLOWS_EGRESS_DENY', [], parseDenials),
  smtpUrl: option<string | null>('WORKFLOWS_SMTP_URL', null, parseSmtpUrl),
  oidcIssuer: option<string | null>('WORKFLOWS_OIDC_ISSUER', null, parseIssuer),
  oidcClientId: option<string | null>('WORKFLOWS_OIDC_CLIENT_ID', null, parseOidcText),
  oidcClientSecret: option<string | null>('WORKFLOWS_OIDC_CLIENT_SECRET', null, parseOidcText),
  oidcName: option<string | null>('WORKFLOWS_OIDC_NAME', null, parseOidcText),
  oidcRoleClaim: option<string | null>('WORKFLOWS_OIDC_ROLE_CLAIM', null, parseOidcText),
  oidcRoles: option<readonly RoleRule[] | null>('WORKFLOWS_OIDC_ROLES', null, parseRoles),
  retentionDays: option('WORKFLOWS_RETENTION_DAYS', 30, (text) => parseWhole(text, 1, 36_500)),
  retentionMib: option('WORKFLOWS_RETENTION_MIB', 10_240, (text) => parseWhole(text, 1, 1024 ** 3)),
  retentionTotalMib: option('WORKFLOWS_RETENTION_TOTAL_MIB', 102_400, (text) => parseWhole(text, 1, 1024 ** 3)),
  auditDays: option('WORKFLOWS_AUDIT_DAYS', 730, (text) => parseWhole(text, 1, 36_500)),
  auditLines: option('WORKFLOWS_AUDIT_LINES', 1_000_000, (text) => parseWhole(text, 1000, 1_000_000_000)),
  trustedProxies: option<readonly AddressRange[]>('WORKFLOWS_TRUSTED_PROXIES', [], parseRanges),
  loginFor: option<readonly PublicPage[]>('WORKFLOWS_LOGIN_FOR', [], parsePages),
  packageBuilds: option('WORKFLOWS_PACKAGE_BUILDS', true, parseSwitch),
  pythonDownloads: option('WORKFLOWS_PYTHON_DOWNLOADS', false, parseSwitch),
  uvPythons: option('UV_PYTHON_INSTALL_DIR', join(homedir(), '.local/share/uv/python'), (text) => resolve(text)),
  environmentDays: option('WORKFLOWS_ENVIRONMENT_DAYS', 30, (text) => parseWhole(text, 1, 36_500)),
  queueSeconds: option('WORKFLOWS_QUEUE_SECONDS', 30, (text) => parseWhole(text, 0, 3600)),
  graceSeconds: option('WORKFLOWS_GRACE_SECONDS', 30, (text) => parseWhole(text, 0, 3600)),
  leaseSeconds: option('WORKFLOWS_LEASE_SECONDS', 30, (text) => parseWhole(text, 3, 600)),
}

type Values = { readonly [K in keyof typeof OPTIONS]: (typeof OPTIONS)[K]['fallback'] }

/**
 * Reads and checks every option. An empty variable counts as not set.
 * Throws a StartError (exit code 2) that lists all problems.
 */
export function parseConfig(environment: Environment): Config {
  const problems: string[] = []
  const attempt = <T>(variable: string, fallback: T, parse: () => T): T => {
    try {
      return parse()
    } catch (error) {
      problems.push(`  ${variable}: ${error instanceof Error ? error.message : String(error)}`)
      return fallback
    }
  }
  const read = <T>({ variable, fallback, parse }: Option<T>): T => {
    const text = environment[variable]
    return text === undefined || text === '' ? fallback : attempt(variable, fallback, () => parse(text))
  }
  const values = Object.fromEntries(Object.entries(OPTIONS).map(([name, one]) => [name, read<unknown>(one)])) as Values
  const config: Config = {
    ...values,
    oidc: attempt('WORKFLOWS_OIDC_ISSUER', null, () => joinOidc(values)),
    packageVariables: pickPackageVariables(environment),
  }
  if (problems.length > 0) {
    throw new StartError(`The configuration has ${problems.length} problem(s):\n${problems.join('\n')}`, 2)
  }
  return config
}

/** Those that pip, uv and their HTTP clients read. They may hold credentials, and reach the index gateway alone. */
function pickPackageVariables(environment: Environment): Readonly<Record<string, string>> {
  const names =
    /^(?:(?:PIP|UV)_\w+|(?:https?|all|no)_proxy|SSL_CERT_FILE|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NETRC|XDG_CONFIG_HOME)$/i
  const found = Object.entries(environment).flatMap(([name, value]) =>
    value === undefined || value === '' || !names.test(name) ? [] : [[name, value]],
  )
  return Object.fromEntries(found)
}

function parseSwitch(text: string): boolean {
  if (text !== 'on' && text !== 'off') throw new Error(`expected on or off, found ${quote(text)}`)
  return text === 'on'
}

/** The value may hold a password, so errors do not show it. */
function parseSmtpUrl(text: string): string {
  const isUrl = URL.canParse(text) && ['smtp:', 'smtps:'].includes(new URL(text).protocol)
  if (!isUrl)
    throw new Error('expected a URL such as smtp://user:password@mail.example.com:587 (the value is not shown)')
  return text
}

/** Parses an address, or a range such as `10.0.0.0/8`. The error says what was expected and found. */
export function parseAddressRange(text: string): AddressRange {
  const [, address = '', length] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text.trim()) ?? []
  const version = isIP(address)
  const max = version === 4 ? 32 : 128
  const prefix = length === undefined ? max : Number(length)
  if (version === 0 || prefix > max || address.includes('%')) {
    throw new Error(`expected an address such as 192.0.2.7, or a range such as 10.0.0.0/8, found ${quote(text)}`)
  }
  return { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' }
}

function option<T>(variable: string, fallback: T, parse: (text: string) => T): Option<T> {
  return { variable, fallback, parse }
}

function parseHost(text: string): string {
  if (/[\s/]/.test(text)) throw new Error(`expected a host name or address, found ${quote(text)}`)
  return text
}

function parseWhole(text: string, min: number, max: number): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new Error(`expected a whole number from ${min} to ${max}, found ${quote(text)}`)
  }
  return value
}

function parseBaseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    throw new Error(`expected an http or https URL such as https://workflows.example.com, found ${quote(text)}`)
  }
  return text.replace(/\/+$/, '')
}

function parseDatabaseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol)) {
    // The URL may contain a password, so the error does not repeat it.
    throw new Error('expected a URL such as postgres://user:password@host:5432/database (the value is not shown)')
  }
  return text
}

function parseApiKey(text: string): string {
  if (!/^[\x21-\x7e]{1,1000}$/.test(text)) {
    throw new Error('expected 1 to 1,000 printable ASCII characters without spaces (the value is not shown)')
  }
  return text
}

/** The note about an API key that can be guessed; null for a strong key. */
export function weakKeyNote({ apiKey }: Pick<Config, 'apiKey'>): string | null {
  if (apiKey === null || apiKey.length >= 16) return null
  return 'WARNING: WORKFLOWS_API_KEY is shorter than 16 characters: anyone who guesses it owns this server. Make one with: openssl rand -hex 32'
}

function parseSecretKey(text: string): Buffer {
  const key = Buffer.from(text, 'base64')
  if (key.length !== 32) {
    throw new Error(`expected base64 of 32 bytes (make one with: openssl rand -base64 32), found ${key.length} bytes`)
  }
  return key
}

function parseSandbox(text: string): SandboxMode {
  const mode = SANDBOX_MODES.find((candidate) => candidate === text)
  if (mode === undefined) throw new Error(`expected one of ${SANDBOX_MODES.join(', ')}, found ${quote(text)}`)
  return mode
}

function parseFolders(text: string): readonly string[] {
  return text.split(':').filter((folder) => folder.startsWith('/'))
}

function parseRanges(text: string): readonly AddressRange[] {
  return text
    .split(',')
    .filter((item) => item.trim() !== '')
    .map(parseAddressRange)
}

function parsePages(text: string): readonly PublicPage[] {
  return text.split(',').map((item) => {
    const page = PUBLIC_PAGES.find((one) => one === item.trim())
    if (page === undefined)
      throw new Error(`expected a list of ${PUBLIC_PAGES.join(', ')}, found ${quote(item.trim())}`)
    return page
  })
}

function parseEgress(text: string): readonly EgressTarget[] {
  return text
    .split(',')
    .filter((item) => item.trim() !== '')
    .map((item) => {
      const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/]+)):(\d{1,5})$/.exec(item.trim())
      const port = Number(match?.[3])
      const host = match?.[1] ?? match?.[2]
      if (host === undefined || port < 1 || port > 65535) {
        throw new Error(`expected host:port, found ${quote(item.trim())}`)
      }
      return { host, port }
    })
}

/** `203.0.113.0/24`, `203.0.113.7:25`, `2001:db8::/32` or `[2001:db8::/32]:25`. */
function parseDenials(text: string): readonly EgressDenial[] {
  return text
    .split(',')
    .filter((item) => item.trim() !== '')
    .map((item) => {
      const [, inBrackets, plain, digits] =
        /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(item.trim()) ?? ([] as undefined[])
      const port = digits === undefined ? null : parseWhole(digits, 1, 65535)
      return { ...parseAddressRange(inBrackets ?? plain ?? item), port }
    })
}

const quote = (text: string): string => JSON.stringify(text)

/** Resolves a path from the command line. npm starts commands in the clone; INIT_CWD is the folder in which npm was started. */
export const calledFrom = ({ INIT_CWD }: Environment, path: string): string =>
  INIT_CWD === undefined || INIT_CWD === '' ? resolve(path) : resolve(INIT_CWD, path)

/** The environment of the process. */
export const readEnvironment = (): Environment => process.env
