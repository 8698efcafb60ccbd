import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Client, createClient } from '../client/index.ts'
import type { Environment } from './environment.ts'
import { Failure, WrongUse } from './errors.ts'

export type Connection = { readonly client: Client; readonly url: string }

type Credentials = { readonly url: string; readonly key: string }

export function connect(environment: Environment): Connection {
  const kept = readCredentials(environment)
  const url = environment.url === null ? kept?.url : parseServerUrl(environment.url)
  if (url === undefined) {
    throw new Failure('Not logged in. Run: workflows login URL (or set WORKFLOWS_URL and WORKFLOWS_API_KEY).')
  }
  // Never sent to another server.
  const key = environment.apiKey ?? (kept?.url === url ? kept.key : undefined)
  if (key === undefined)
    throw new Failure(`There is no API key for ${url}. Run: workflows login ${url} (or set WORKFLOWS_API_KEY).`)
  return { url, client: createClient({ baseUrl: url, apiKey: key }) }
}

export function parseServerUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new WrongUse(`Expected the address of a server, such as https://workflows.example.com, found "${text}".`)
  }
  return (url.origin + url.pathname).replace(/(?<!\/)\/+$/, '')
}

export function writeCredentials({ credentialsPath }: Environment, credentials: Credentials): void {
  mkdirSync(dirname(credentialsPath), { recursive: true, mode: 0o700 })
  // An existing file would keep its mode.
  const draft = `${credentialsPath}.new`
  rmSync(draft, { force: true })
  writeFileSync(draft, `${JSON.stringify(credentials)}\n`, { mode: 0o600, flag: 'wx' })
  chmodSync(draft, 0o600)
  renameSync(draft, credentialsPath)
}

export function removeCredentials(environment: Environment): boolean {
  const had = readCredentials(environment) !== null
  rmSync(environment.credentialsPath, { force: true })
  return had
}

function readCredentials({ credentialsPath }: Environment): Credentials | null {
  try {
    const { url, key }: Partial<Credentials> = JSON.parse(readFileSync(credentialsPath, 'utf8'))
    return typeof url === 'string' && typeof key === 'string' ? { url, key } : null
  } catch {
    return null
  }
}
