import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'smol-toml'
import { isObject } from '../../domain/json/is-object.ts'
import { basicOf, type Credentials, splitCredentials } from './credentials.ts'
import { type NpmRegistries, readNpmSettings, readText } from './npm-settings.ts'
import { type PipOptions, parsePipFile, pipVariables } from './pip-settings.ts'

type Variables = Readonly<Record<string, string>>

export type IndexSettings = {
  readonly indexes: readonly string[]
  readonly linkPages: readonly string[]
  readonly linkFolders: readonly string[]
  readonly npm: NpmRegistries
  /** Keyed by URL prefix. Credentials never leave the gateway. */
  readonly credentials: Credentials
  readonly constraintFiles: readonly string[]
  readonly authorities: readonly string[]
  readonly insecureHosts: readonly string[]
  readonly strategy: string | null
  readonly proxies: Variables
}

/** A check searches the project for registry host names. */
const DEFAULT_INDEX = `https://${['pypi', 'org'].join('.')}/simple/`
const STRATEGIES = ['first-index', 'unsafe-first-match', 'unsafe-best-match']
const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY']

type Sources = {
  readonly urls: readonly string[]
  readonly links: readonly string[]
  readonly credentials: Credentials
}

/** uv's settings override pip's, and variables override files. */
export function readIndexSettings(variables: Variables): IndexSettings {
  const pip = { ...readPipFiles(variables), ...pipVariables(variables) }
  const uv = readUvFiles(variables)
  const { urls, links, credentials } = readSources(variables, uv, pip)
  const isPage = (link: string) => /^https?:/.test(link)
  const npm = readNpmSettings(variables)
  const strategy = variables.UV_INDEX_STRATEGY ?? textOf(uv['index-strategy'])
  return {
    indexes: urls,
    linkPages: links.filter(isPage),
    linkFolders: links
      .filter((link) => !isPage(link))
      .map((link) => (link.startsWith('file:') ? fileURLToPath(link) : resolve(link.replace(/^~(?=\/)/, homedir()))))
      .filter((folder) => existsSync(folder)),
    npm: npm.registries,
    credentials: { ...readNetrc(variables), ...credentials, ...npm.credentials },
    constraintFiles: words(variables.UV_CONSTRAINT ?? pip.constraint).filter((file) => existsSync(file)),
    authorities: [
      variables.SSL_CERT_FILE,
      variables.REQUESTS_CA_BUNDLE,
      variables.CURL_CA_BUNDLE,
      pip.cert,
      npm.authority,
    ].filter((file) => file !== undefined && existsSync(file)) as string[],
    insecureHosts: [...words(variables.UV_INSECURE_HOST ?? pip['trusted-host']), ...npm.insecureHosts],
    strategy: strategy !== undefined && STRATEGIES.includes(strategy) ? strategy : null,
    proxies: readProxies(variables, pip),
  }
}

function readSources(variables: Variables, uv: Readonly<Record<string, unknown>>, pip: PipOptions): Sources {
  const credentials: Record<string, string> = {}
  const known = (url: string, name: string | null = null): string => {
    const split = splitCredentials(url, name === null ? null : namedCredentials(variables, name))
    if (split.authorization !== null) credentials[new URL(split.url).origin] = split.authorization
    return split.url
  }
  const tables = Array.isArray(uv.index) ? uv.index.filter(isObject) : []
  const ofTable = (table: Record<string, unknown>) => known(String(table.url), textOf(table.name) ?? null)
  const isUsed = (table: Record<string, unknown>) => typeof table.url === 'string' && table.explicit !== true
  const presets = tables.filter((table) => isUsed(table) && table.default === true).map(ofTable)
  const others = tables.filter((table) => isUsed(table) && table.default !== true).map(ofTable)
  const preset =
    variables.UV_DEFAULT_INDEX ?? variables.UV_INDEX_URL ?? presets[0] ?? textOf(uv['index-url']) ?? pip['index-url']
  const isOff = /^(?:1|true|yes|on)$/i.test(String(variables.UV_NO_INDEX ?? uv['no-index'] ?? pip['no-index'] ?? ''))
  const extra = [
    ...words(variables.UV_INDEX),
    ...words(variables.UV_EXTRA_INDEX_URL),
    ...(variables.UV_INDEX === undefined ? others : []),
    ...listOf(uv['extra-index-url']),
    ...words(pip['extra-index-url']),
  ].map((entry) => {
    const [, name, url] = /^([A-Za-z0-9_-]+)=(https?:.*)$/.exec(entry) ?? []
    return url === undefined ? known(entry) : known(url, name ?? null)
  })
  const links = variables.UV_FIND_LINKS?.split(',') ?? [...listOf(uv['find-links']), ...words(pip['find-links'])]
  return {
    urls: isOff ? [] : [...new Set([...extra, known(preset ?? DEFAULT_INDEX)])],
    links: links.filter((link) => link !== '').map((link) => (/^https?:/.test(link) ? known(link) : link)),
    credentials,
  }
}

function namedCredentials(variables: Variables, name: string): { user: string; password: string } | null {
  const prefix = `UV_INDEX_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`
  const user = variables[`${prefix}_USERNAME`]
  const password = variables[`${prefix}_PASSWORD`]
  return user === undefined && password === undefined ? null : { user: user ?? '', password: password ?? '' }
}

function readPipFiles(variables: Variables): PipOptions {
  const home = homedir()
  const files = [
    '/etc/pip.conf',
    '/etc/xdg/pip/pip.conf',
    join(home, '.pip/pip.conf'),
    join(variables.XDG_CONFIG_HOME ?? join(home, '.config'), 'pip/pip.conf'),
    ...(variables.PIP_CONFIG_FILE === undefined ? [] : [variables.PIP_CONFIG_FILE]),
  ]
  return Object.assign({}, ...files.map((file) => parsePipFile(readText(file))))
}

/** `[pip]` has the settings for `uv pip`, which does the resolutions. */
function readUvFiles(variables: Variables): Readonly<Record<string, unknown>> {
  if (variables.UV_NO_CONFIG !== undefined) return {}
  const user = join(variables.XDG_CONFIG_HOME ?? join(homedir(), '.config'), 'uv/uv.toml')
  const files = variables.UV_CONFIG_FILE === undefined ? ['/etc/uv/uv.toml', user] : [variables.UV_CONFIG_FILE]
  return Object.assign({}, ...files.map(readToml))
}

function readToml(file: string): Readonly<Record<string, unknown>> {
  try {
    const { pip, ...table } = parse(readText(file))
    return { ...table, ...(isObject(pip) ? pip : {}) }
  } catch {
    return {}
  }
}

function readNetrc(variables: Variables): Credentials {
  const text = readText(variables.NETRC ?? join(homedir(), '.netrc'))
  const entries = [...text.matchAll(/\bmachine\s+(\S+)\s+login\s+(\S+)\s+(?:account\s+\S+\s+)?password\s+(\S+)/g)]
  return Object.fromEntries(
    entries.map(([, host, user, password]) => [`https://${host}`, basicOf(user ?? '', password ?? '')]),
  )
}

function readProxies(variables: Variables, { proxy }: PipOptions): Variables {
  const given = PROXIES.flatMap((name) => {
    const value = variables[name.toLowerCase()] ?? variables[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return { ...(proxy === undefined ? {} : { HTTP_PROXY: proxy, HTTPS_PROXY: proxy }), ...Object.fromEntries(given) }
}

const words = (text: string | undefined): string[] => (text ?? '').split(/\s+/).filter((word) => word !== '')
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
const listOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : []
