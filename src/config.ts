/** Only this module reads the environment. */

import { join, resolve } from 'node:path'
import { type BucketConfig, joinBucket } from './config/backups.ts'
import { joinOidc, type OidcConfig } from './config/oidc.ts'
import type { Option, OptionGroup } from './config/option.ts'
import { OPTIONS, type Values } from './config/options.ts'
import { type OtlpConfig, readOtlp } from './config/otlp.ts'
import { pickPackageVariables } from './config/packages.ts'
import { type Environment, type Gathered, gatherOptions, type Origin } from './config/sources.ts'
import { reasonOf, StartError } from './errors.ts'

export type { BucketConfig } from './config/backups.ts'
export type { OtlpConfig } from './config/otlp.ts'
export {
  type AddressRange,
  type EgressDenial,
  type EgressTarget,
  type PublicPage,
  parseAddressRange,
  type SandboxMode,
} from './config/parse.ts'

/** Dependent options are one value, or null. */
export type Config = Omit<Values, 'oidc' | 'bucket' | 'backups' | 'packages'> & {
  readonly oidc: OidcConfig | null
  readonly otlp: OtlpConfig | null
  readonly backups: Omit<Values['backups'], 'dir'> & { readonly dir: string; readonly bucket: BucketConfig | null }
  readonly packages: Values['packages'] & { readonly variables: Readonly<Record<string, string>> }
}

const ALL: readonly Option[] = Object.values(OPTIONS).flatMap((group) => Object.values<Option>(group))

/** Throws a StartError with all problems. An empty variable counts as unset. */
export function parseConfig(environment: Environment): Config {
  const problems: string[] = []
  const attempt = <T>(variable: string, fallback: T, parse: () => T): T => {
    try {
      return parse()
    } catch (error) {
      problems.push(`  ${variable}: ${reasonOf(error)}`)
      return fallback
    }
  }
  const read = ({ variable, default: usual, parse }: Option): unknown => {
    const text = environment[variable]
    const fallback = usual === null ? null : parse(usual)
    return text === undefined || text === '' ? fallback : attempt(variable, fallback, () => parse(text))
  }
  const readGroup = (group: OptionGroup) =>
    Object.fromEntries(Object.entries(group).map(([name, option]) => [name, read(option)]))
  const groups = Object.entries(OPTIONS).map(([name, group]) => [name, readGroup(group)])
  const values = Object.fromEntries(groups) as Values
  const { database, backups, packages } = values
  const bucket = attempt('WORKFLOWS_BACKUP_S3_BUCKET', null, () => joinBucket(values.bucket, backups.dir))
  const config: Config = {
    ...values,
    backups: { ...backups, dir: backups.dir ?? join(database.dataDir, 'backups'), bucket },
    oidc: attempt('WORKFLOWS_OIDC_ISSUER', null, () => joinOidc(values.oidc, values.server.publicUrl)),
    packages: { ...packages, variables: pickPackageVariables(environment) },
    otlp: readOtlp(environment),
  }
  if (backups.cron !== null && database.databaseUrl !== null)
    problems.push('  WORKFLOWS_BACKUP_CRON: expected none with DATABASE_URL: PostgreSQL is backed up by pg_dump')
  if (database.directUrl !== null && database.databaseUrl === null)
    problems.push('  WORKFLOWS_DATABASE_DIRECT_URL: expected DATABASE_URL with it')
  assertNone(problems)
  return config
}

export function weakKeyNote({ apiKey }: Config['access']): string | null {
  if (apiKey === null || apiKey.length >= 16) return null
  return 'WARNING: WORKFLOWS_API_KEY is shorter than 16 characters: anyone who guesses it owns this server. Make one with: openssl rand -hex 32'
}

/** npm changes the working directory. INIT_CWD is the original one. */
export const calledFrom = ({ INIT_CWD }: Environment, path: string): string =>
  INIT_CWD === undefined || INIT_CWD === '' ? resolve(path) : resolve(INIT_CWD, path)

/** Includes `workflows.config.yaml` and secret files. Throws a StartError. */
export function readEnvironment(): Environment {
  const { environment, problems } = gather()
  assertNone(problems)
  return environment
}

function gather(): Gathered {
  return gatherOptions(process.env, {
    variables: ALL.map(({ variable }) => variable),
    secrets: ALL.filter(({ secret }) => secret).map(({ variable }) => variable),
  })
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
  const shown = ALL.filter(({ variable }) => variable !== 'PATH')
  return {
    file,
    options: shown.map(({ variable, default: usual, secret }) => {
      const origin = origins.get(variable) ?? 'default'
      const value = origin === 'default' ? usual || null : (environment[variable] ?? null)
      return { variable, origin, value: secret && origin !== 'default' ? '(not shown)' : value }
    }),
  }
}

function assertNone(problems: readonly string[]): void {
  if (problems.length === 0) return
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  throw new StartError(`The configuration has ${count}:\n${problems.join('\n')}`, 2)
}
