/** Variables take precedence over secret files and `workflows.config.yaml`. */

import { existsSync, readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { parse, YAMLError } from 'yaml'

export type Environment = Readonly<Record<string, string | undefined>>

export type Origin = 'variable' | 'file of a secret' | 'configuration file'

export type Gathered = {
  readonly environment: Environment
  readonly origins: ReadonlyMap<string, Origin>
  readonly problems: readonly string[]
  readonly file: string | null
}

type Known = {
  readonly variables: readonly string[]
  readonly secrets: readonly string[]
}

const CONFIG_VARIABLE = 'WORKFLOWS_CONFIG'
const USUAL_FILE = 'workflows.config.yaml'
const MAX_BYTES = 64 * 1024

/** Unreadable sources become problems. */
export function gatherOptions(environment: Environment, known: Known): Gathered {
  const problems: string[] = []
  const origins = new Map<string, Origin>()
  const file = findFile(environment)
  const fromFile = file === null ? {} : readConfigFile(file, known, problems)
  for (const name of Object.keys(fromFile)) origins.set(name, 'configuration file')
  for (const name of known.variables) if (isSet(environment[name])) origins.set(name, 'variable')
  const all = { ...fromFile, ...withoutEmpty(environment) }
  const secrets: Record<string, string> = {}
  for (const name of known.secrets) {
    const path = all[`${name}_FILE`]
    if (path === undefined) continue
    const isOverridden = origins.get(name) === 'variable' && !isSet(environment[`${name}_FILE`])
    if (isOverridden) continue
    if (all[name] !== undefined) {
      problems.push(`  ${name}_FILE: expected ${name} or ${name}_FILE, found both`)
      continue
    }
    const secret = readSecretFile(name, path, problems)
    if (secret === null) continue
    secrets[name] = secret
    origins.set(name, 'file of a secret')
  }
  return { environment: { ...all, ...secrets }, origins, problems, file }
}

function findFile(environment: Environment): string | null {
  const named = environment[CONFIG_VARIABLE]
  if (isSet(named)) return resolve(named)
  const usual = resolve(USUAL_FILE)
  return existsSync(usual) ? usual : null
}

/** `port` and `database_url` become WORKFLOWS_PORT and DATABASE_URL. */
function readConfigFile(file: string, { variables, secrets }: Known, problems: string[]): Record<string, string> {
  const names = new Map([...variables, ...secrets.map((name) => `${name}_FILE`)].map((name) => [keyOf(name), name]))
  const values: Record<string, string> = {}
  for (const [key, value] of Object.entries(parseFile(file, problems))) {
    const name = names.get(key)
    const text = textOf(value)
    if (name === undefined) {
      problems.push(
        `  ${file}: unknown option ${JSON.stringify(key.slice(0, 100))}: expected names such as port or database_url`,
      )
    } else if (text === null) {
      problems.push(`  ${file}: ${key}: expected a text, a number, on, off or a list of texts`)
    } else if (text !== '') values[name] = text
  }
  return values
}

function parseFile(file: string, problems: string[]): object {
  try {
    if (statSync(file).size > MAX_BYTES) throw new Error(`it has more than ${MAX_BYTES} bytes`)
    const value: unknown = parse(readFileSync(file, 'utf8'), { maxAliasCount: 0 })
    if (value === null) return {}
    if (typeof value === 'object' && !Array.isArray(value)) return value
    throw new Error('it holds no options such as "port: 4400"')
  } catch (error) {
    problems.push(`  ${file}: expected options in YAML: ${reasonOf(error)}`)
    return {}
  }
}

/** The parser's message may quote a secret. */
function reasonOf(error: unknown): string {
  if (error instanceof YAMLError) return `${error.code} at line ${error.linePos?.[0].line ?? 1}`
  return error instanceof Error ? error.message : String(error)
}

const keyOf = (variable: string): string => variable.replace(/^WORKFLOWS_/, '').toLowerCase()

function textOf(value: unknown): string | null {
  if (value === null) return ''
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  if (!Array.isArray(value)) return null
  return value.every((item) => typeof item === 'string' || typeof item === 'number') ? value.join(',') : null
}

function readSecretFile(name: string, path: string, problems: string[]): string | null {
  try {
    const file = resolve(path)
    if (statSync(file).size > MAX_BYTES) throw new Error(`it has more than ${MAX_BYTES} bytes`)
    const text = readFileSync(file, 'utf8').replace(/\r?\n$/, '')
    if (text === '') throw new Error('it is empty')
    return text
  } catch (error) {
    problems.push(`  ${name}_FILE: ${error instanceof Error ? error.message : String(error)}`)
    return null
  }
}

const isSet = (text: string | undefined): text is string => text !== undefined && text !== ''

function withoutEmpty(environment: Environment): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).flatMap(([name, text]) => (isSet(text) ? [[name, text]] : [])))
}
