import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { type Credentials, splitCredentials } from './credentials.ts'

type Variables = Readonly<Record<string, string>>
type Options = Readonly<Record<string, string>>

export type NpmRegistries = {
  readonly preset: string
  readonly scopes: Readonly<Record<string, string>>
}

export type NpmSettings = {
  readonly registries: NpmRegistries
  readonly credentials: Credentials
  readonly authority: string | undefined
  readonly insecureHosts: readonly string[]
}

/** A check searches the project for registry host names. */
const DEFAULT_REGISTRY = `https://registry.${['npmjs', 'org'].join('.')}/`
const PREFIX = /^npm_config_/i

/** Variables override the user's file, which overrides the global file. */
export function readNpmSettings(variables: Variables): NpmSettings {
  const configured = readVariables(variables)
  const files = [
    configured.globalconfig ?? '/etc/npmrc',
    ...(configured.userconfig === undefined ? [join(homedir(), '.npmrc')] : [configured.userconfig]),
  ]
  const options: Options = {
    ...Object.assign({}, ...files.map((file) => parseNpmrc(readText(file), variables))),
    ...configured,
  }
  const credentials: Record<string, string> = { ...readCredentials(options) }
  const known = (url: string): string => {
    const split = splitCredentials(url.endsWith('/') ? url : `${url}/`)
    if (split.authorization !== null) credentials[split.url] = split.authorization
    return split.url
  }
  const isUrl = (text: string | undefined): text is string =>
    text !== undefined && /^https?:/.test(text) && URL.canParse(text)
  const scopes = Object.entries(options).flatMap(([name, url]) => {
    const scope = /^(@[^:]+):registry$/.exec(name)?.[1]
    return scope === undefined || !isUrl(url) ? [] : [[scope, known(url)] as const]
  })
  const registries = {
    preset: known(isUrl(options.registry) ? options.registry : DEFAULT_REGISTRY),
    scopes: Object.fromEntries(scopes),
  }
  const hosts = [registries.preset, ...Object.values(registries.scopes)].map((url) => new URL(url).host)
  return {
    registries,
    credentials,
    authority: options.cafile,
    insecureHosts: options['strict-ssl'] === 'false' ? hosts : [],
  }
}

export function registryPageOf(path: string, { preset, scopes }: NpmRegistries): string | null {
  const [, scope, name] = /^\/npm\/(?:(@[\w.~-]{1,100})(?:%2[fF]|\/))?([\w.~-]{1,214})$/.exec(path) ?? []
  if (name === undefined || /^\.+$/.test(name)) return null
  const registry = (scope === undefined ? undefined : scopes[scope]) ?? preset
  return `${registry}${scope === undefined ? '' : `${scope}%2f`}${name}`
}

/** Only `npm_config_` options ignore case, not `//host/:_authToken`. */
function readVariables(variables: Variables): Options {
  const found = Object.entries(variables).filter(([name, value]) => PREFIX.test(name) && value !== '')
  const named = found.map(([name, value]) => {
    const option = name.replace(PREFIX, '')
    return [/^(?:\/\/|@)/.test(option) ? option : option.toLowerCase().replaceAll('_', '-'), value]
  })
  return Object.fromEntries(named)
}

function parseNpmrc(text: string, variables: Variables): Options {
  const options = text.split(/\r?\n/).flatMap((line) => {
    const at = line.indexOf('=')
    const name = line.slice(0, Math.max(at, 0)).trim()
    if (name === '' || /^[;#]/.test(name)) return []
    const filled = line
      .slice(at + 1)
      .trim()
      .replaceAll(/\$\{([^${}]+)\}/g, (whole, variable: string) => variables[variable] ?? whole)
    return [[name, filled.replace(/^(["'])(.*)\1$/, '$2')]]
  })
  return Object.fromEntries(options)
}

/** `//host/path/:_authToken` and its older forms apply to all URLs with this prefix. */
function readCredentials(options: Options): Credentials {
  const starts = new Set(Object.keys(options).flatMap((name) => /^(\/\/.+):_?\w+$/.exec(name)?.[1] ?? []))
  const found = [...starts].flatMap((start) => {
    const value = authorizationOf(start, options)
    return value === null ? [] : [[`https:${start}`, value] as const, [`http:${start}`, value] as const]
  })
  return Object.fromEntries(found)
}

function authorizationOf(start: string, options: Options): string | null {
  const token = options[`${start}:_authToken`]
  if (token !== undefined) return `Bearer ${token}`
  const basic = options[`${start}:_auth`]
  if (basic !== undefined) return `Basic ${basic}`
  const user = options[`${start}:username`]
  const password = options[`${start}:_password`]
  if (user === undefined || password === undefined) return null
  return `Basic ${Buffer.from(`${user}:${Buffer.from(password, 'base64').toString('utf8')}`).toString('base64')}`
}

/** Returns '' for a file that cannot be read. */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
