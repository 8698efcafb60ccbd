/** Every option: variable, default, check. Only the configuration reads the environment. */

import { join, resolve } from 'node:path'
import {
  type BucketConfig,
  joinBucket,
  parseBucketKey,
  parseBucketName,
  parseEndpoint,
  parsePrefix,
  parseRegion,
} from './config/bucket.ts'
import { joinOidc, type OidcConfig, parseIssuer, parseOidcText, parseRoles, type RoleRule } from './config/oidc.ts'
import { type OtlpConfig, readOtlp } from './config/otlp.ts'
import { pickPackageVariables } from './config/package-variables.ts'
import {
  type AddressRange,
  type EgressDenial,
  type EgressTarget,
  homeFolder,
  type PublicPage,
  parseApiKey,
  parseBaseUrl,
  parseCron,
  parseDatabaseUrl,
  parseDenials,
  parseEgress,
  parseFolder,
  parseFolders,
  parseHost,
  parsePages,
  parseRanges,
  parseSandbox,
  parseSecretKey,
  parseSmtpUrl,
  parseSwitch,
  parseWhole,
  type SandboxMode,
} from './config/parse.ts'
import { type Environment, type Gathered, gatherOptions, type Origin } from './config/sources.ts'

import { StartError } from './errors.ts'

export type { BucketConfig } from './config/bucket.ts'
export type { OtlpConfig } from './config/otlp.ts'
export {
  type AddressRange,
  type EgressDenial,
  type EgressTarget,
  type PublicPage,
  parseAddressRange,
  type SandboxMode,
} from './config/parse.ts'

export type Config = {
  readonly host: string
  readonly port: number
  /** Null: derived from the host and the bound port. */
  readonly publicUrl: string | null
  readonly hooksUrl: string | null
  readonly dataDir: string
  readonly databaseUrl: string | null
  /** Address of PostgreSQL, if `databaseUrl` is a pooler. */
  readonly directUrl: string | null
  readonly databaseConnections: number
  /** URL of a database copy, for `upgrade --check`. */
  readonly upgradeCopyUrl: string | null
  readonly apiKey: string | null
  /** 32 bytes. Null: read from or generated in the data directory. */
  readonly secretKey: Buffer | null
  /** 32 bytes, for `rotate-key` if the secret key comes from the environment. */
  readonly newSecretKey: Buffer | null
  readonly sandbox: SandboxMode
  readonly zygotes: boolean
  /** Directories that are searched for programs such as bubblewrap. */
  readonly programFolders: readonly string[]
  /** Whether to run a fake HrFlow API with the server. */
  readonly demo: boolean
  readonly egressAllow: readonly EgressTarget[]
  /** Destinations that functions may never reach. Overrides `egressAllow`. */
  readonly egressDeny: readonly EgressDenial[]
  readonly smtpUrl: string | null
  readonly oidc: OidcConfig | null
  /** Retention of ended runs: for workflows without their own limits, and for all runs together. */
  readonly retentionDays: number
  readonly retentionMib: number
  readonly retentionTotalMib: number
  /** Schedule of SQLite backups in UTC (null: never), their directory, and the number to keep. */
  readonly backupCron: string | null
  readonly backupDir: string | null
  readonly backupKeep: number
  /** S3-compatible bucket for scheduled backups. Null: they go to the directory. */
  readonly backupBucket: BucketConfig | null
  readonly auditDays: number
  readonly auditLines: number
  readonly trustedProxies: readonly AddressRange[]
  /** Pages that require a session or an API key with the scope `read`. */
  readonly loginFor: readonly PublicPage[]
  readonly packageBuilds: boolean
  /** Whether owners may install Python versions, and uv's directory for them. */
  readonly pythonDownloads: boolean
  readonly uvPythons: string
  /** Retention of unused environments, and limit of the package cache. */
  readonly environmentDays: number
  readonly packageCacheMib: number
  readonly packageVariables: Readonly<Record<string, string>>
  readonly otlp: OtlpConfig | null
  readonly queuedAtOnce: number
  /** Maximum number of sandboxes, excluding warm ones that wait for a first run. */
  readonly sandboxesAtOnce: number
  readonly queueSeconds: number
  readonly graceSeconds: number
  /** Time to keep serving after a stop signal, while `/readyz` reports the stop. */
  readonly drainSeconds: number
  readonly leaseSeconds: number
  readonly clockSeconds: number
}

type Option<T> = { readonly variable: string; readonly fallback: T; readonly parse: (text: string) => T }

/** Variables whose values are never shown. With the suffix `_FILE`, a variable names a file with the value. */
const SECRETS: readonly string[] = [
  'DATABASE_URL',
  'WORKFLOWS_DATABASE_DIRECT_URL',
  'WORKFLOWS_UPGRADE_COPY_URL',
  'WORKFLOWS_API_KEY',
  'WORKFLOWS_SECRET_KEY',
  'WORKFLOWS_NEW_SECRET_KEY',
  'WORKFLOWS_OIDC_CLIENT_SECRET',
  'WORKFLOWS_SMTP_URL',
  'WORKFLOWS_BACKUP_S3_ACCESS_KEY',
  'WORKFLOWS_BACKUP_S3_SECRET_KEY',
]

const OPTIONS = {
  host: option('WORKFLOWS_HOST', '127.0.0.1', parseHost),
  port: option('WORKFLOWS_PORT', 4400, (text) => parseWhole(text, 0, 65535)),
  publicUrl: option<string | null>('WORKFLOWS_PUBLIC_URL', null, parseBaseUrl),
  hooksUrl: option<string | null>('WORKFLOWS_HOOKS_URL', null, parseBaseUrl),
  dataDir: option('WORKFLOWS_DATA_DIR', resolve('data'), (text) => resolve(text)),
  databaseUrl: option<string | null>('DATABASE_URL', null, parseDatabaseUrl),
  directUrl: option<string | null>('WORKFLOWS_DATABASE_DIRECT_URL', null, parseDatabaseUrl),
  databaseConnections: option('WORKFLOWS_DATABASE_CONNECTIONS', 16, (text) => parseWhole(text, 2, 1000)),
  upgradeCopyUrl: option<string | null>('WORKFLOWS_UPGRADE_COPY_URL', null, parseDatabaseUrl),
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
  backupCron: option<string | null>('WORKFLOWS_BACKUP_CRON', null, parseCron),
  backupDir: option<string | null>('WORKFLOWS_BACKUP_DIR', null, parseFolder),
  backupKeep: option('WORKFLOWS_BACKUP_KEEP', 7, (text) => parseWhole(text, 1, 10_000)),
  bucketEndpoint: option<string | null>('WORKFLOWS_BACKUP_S3_ENDPOINT', null, parseEndpoint),
  bucketRegion: option('WORKFLOWS_BACKUP_S3_REGION', 'us-east-1', parseRegion),
  bucketName: option<string | null>('WORKFLOWS_BACKUP_S3_BUCKET', null, parseBucketName),
  bucketPrefix: option('WORKFLOWS_BACKUP_S3_PREFIX', '', parsePrefix),
  bucketPathStyle: option<boolean | null>('WORKFLOWS_BACKUP_S3_PATH_STYLE', null, parseSwitch),
  bucketAccessKey: option<string | null>('WORKFLOWS_BACKUP_S3_ACCESS_KEY', null, parseBucketKey),
  bucketSecretKey: option<string | null>('WORKFLOWS_BACKUP_S3_SECRET_KEY', null, parseBucketKey),
  auditDays: option('WORKFLOWS_AUDIT_DAYS', 730, (text) => parseWhole(text, 1, 36_500)),
  auditLines: option('WORKFLOWS_AUDIT_LINES', 1_000_000, (text) => parseWhole(text, 1000, 1_000_000_000)),
  trustedProxies: option<readonly AddressRange[]>('WORKFLOWS_TRUSTED_PROXIES', [], parseRanges),
  loginFor: option<readonly PublicPage[]>('WORKFLOWS_LOGIN_FOR', [], parsePages),
  packageBuilds: option('WORKFLOWS_PACKAGE_BUILDS', true, parseSwitch),
  pythonDownloads: option('WORKFLOWS_PYTHON_DOWNLOADS', false, parseSwitch),
  uvPythons: option('UV_PYTHON_INSTALL_DIR', join(homeFolder(), '.local/share/uv/python'), (text) => resolve(text)),
  environmentDays: option('WORKFLOWS_ENVIRONMENT_DAYS', 30, (text) => parseWhole(text, 1, 36_500)),
  packageCacheMib: option('WORKFLOWS_PACKAGE_CACHE_MIB', 1024, (text) => parseWhole(text, 0, 1_000_000)),
  queuedAtOnce: option('WORKFLOWS_QUEUED_AT_ONCE', 16, (text) => parseWhole(text, 1, 1000)),
  sandboxesAtOnce: option('WORKFLOWS_SANDBOXES_AT_ONCE', 128, (text) => parseWhole(text, 2, 1000)),
  queueSeconds: option('WORKFLOWS_QUEUE_SECONDS', 30, (text) => parseWhole(text, 0, 3600)),
  graceSeconds: option('WORKFLOWS_GRACE_SECONDS', 30, (text) => parseWhole(text, 0, 3600)),
  drainSeconds: option('WORKFLOWS_DRAIN_SECONDS', 0, (text) => parseWhole(text, 0, 600)),
  leaseSeconds: option('WORKFLOWS_LEASE_SECONDS', 30, (text) => parseWhole(text, 3, 600)),
  clockSeconds: option('WORKFLOWS_CLOCK_SECONDS', 30, (text) => parseWhole(text, 5, 3600)),
}

type Values = { readonly [K in keyof typeof OPTIONS]: (typeof OPTIONS)[K]['fallback'] }

/** Throws a StartError (exit code 2) with all problems. An empty variable counts as unset. */
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
    backupBucket: attempt('WORKFLOWS_BACKUP_S3_BUCKET', null, () => joinBucket(values)),
    oidc: attempt('WORKFLOWS_OIDC_ISSUER', null, () => joinOidc(values)),
    packageVariables: pickPackageVariables(environment),
    otlp: readOtlp(environment),
  }
  if (config.backupCron !== null && config.databaseUrl !== null)
    problems.push('  WORKFLOWS_BACKUP_CRON: expected none with DATABASE_URL: PostgreSQL is backed up by pg_dump')
  if (config.directUrl !== null && config.databaseUrl === null)
    problems.push('  WORKFLOWS_DATABASE_DIRECT_URL: expected DATABASE_URL with it')
  assertNone(problems)
  return config
}

function option<T>(variable: string, fallback: T, parse: (text: string) => T): Option<T> {
  return { variable, fallback, parse }
}

export const backupDirOf = ({ backupDir, dataDir }: Pick<Config, 'backupDir' | 'dataDir'>): string =>
  backupDir ?? join(dataDir, 'backups')

export function weakKeyNote({ apiKey }: Pick<Config, 'apiKey'>): string | null {
  if (apiKey === null || apiKey.length >= 16) return null
  return 'WARNING: WORKFLOWS_API_KEY is shorter than 16 characters: anyone who guesses it owns this server. Make one with: openssl rand -hex 32'
}

/** Resolves a command line path. npm changes the working directory, and INIT_CWD is the original one. */
export const calledFrom = ({ INIT_CWD }: Environment, path: string): string =>
  INIT_CWD === undefined || INIT_CWD === '' ? resolve(path) : resolve(INIT_CWD, path)

/** Merges `workflows.config.yaml` and secret files into the environment. Throws a StartError. */
export function readEnvironment(): Environment {
  const { environment, problems } = gather()
  assertNone(problems)
  return environment
}

function gather(): Gathered {
  const variables = Object.values(OPTIONS).map(({ variable }) => variable)
  return gatherOptions(process.env, { variables, secrets: SECRETS })
}

export type ShownOption = {
  readonly variable: string
  readonly value: string | null
  readonly origin: Origin | 'default'
}

export function describeConfig(): { readonly file: string | null; readonly options: readonly ShownOption[] } {
  const { environment, origins, problems, file } = gather()
  assertNone(problems)
  parseConfig(environment)
  const options = Object.values(OPTIONS).filter(({ variable }) => variable !== 'PATH')
  return {
    file,
    options: options.map(({ variable, fallback }) => {
      const origin = origins.get(variable) ?? 'default'
      const text = origin === 'default' ? textOfDefault(fallback) : (environment[variable] ?? null)
      const isSecret = SECRETS.includes(variable) && origin !== 'default'
      return { variable, origin, value: isSecret ? '(not shown)' : text }
    }),
  }
}

function textOfDefault(fallback: unknown): string | null {
  if (typeof fallback === 'boolean') return fallback ? 'on' : 'off'
  return fallback === null || (Array.isArray(fallback) && fallback.length === 0) ? null : String(fallback)
}

function assertNone(problems: readonly string[]): void {
  if (problems.length === 0) return
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  throw new StartError(`The configuration has ${count}:\n${problems.join('\n')}`, 2)
}
