/** Errors never show a secret. */

import { isIP } from 'node:net'
import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { Cron } from 'croner'

export type SandboxMode = (typeof SANDBOX_MODES)[number]
export type AddressRange = { readonly address: string; readonly prefix: number; readonly family: 'ipv4' | 'ipv6' }
export type PublicPage = (typeof PUBLIC_PAGES)[number]
export type EgressTarget = { readonly host: string; readonly port: number }
export type EgressDenial = AddressRange & { readonly port: number | null }

const PUBLIC_PAGES = ['metrics', 'docs'] as const
export const SANDBOX_MODES = ['auto', 'bwrap', 'landlock', 'none'] as const

export function parseSwitch(text: string): boolean {
  if (text !== 'on' && text !== 'off') throw new Error(`expected on or off, found ${quote(text)}`)
  return text === 'on'
}

export function parseSmtpUrl(text: string): string {
  const isUrl = URL.canParse(text) && ['smtp:', 'smtps:'].includes(new URL(text).protocol)
  if (!isUrl)
    throw new Error('expected a URL such as smtp://user:password@mail.example.com:587 (the value is not shown)')
  return text
}

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

export function parseHost(text: string): string {
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

type ParseNumber = ((text: string) => number) & { readonly range: () => string }

export const whole = (min: number, max: number): ParseNumber => scaled(min, max, 1)
export const seconds = (min: number, max: number): ParseNumber => scaled(min, max, 1000)
export const mebibytes = (min: number, max: number): ParseNumber => scaled(min, max, 1024 ** 2)

function scaled(min: number, max: number, scale: number): ParseNumber {
  const range = () => `${min.toLocaleString('en')} to ${max.toLocaleString('en')}`
  return Object.assign((text: string) => scale * parseWhole(text, min, max), { range })
}

export function parseBaseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    throw new Error(`expected an http or https URL such as https://workflows.example.com, found ${quote(text)}`)
  }
  return text.replace(/\/+$/, '')
}

export function parseDatabaseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol)) {
    throw new Error('expected a URL such as postgres://user:password@host:5432/database (the value is not shown)')
  }
  return text
}

export function parseCron(text: string): string {
  try {
    const cron = new Cron(text, { paused: true, timezone: 'UTC' })
    if (cron.nextRun() === null) throw new Error('it never comes')
    return text
  } catch {
    throw new Error(`expected a cron expression such as "0 3 * * *", found ${quote(text)}`)
  }
}

export function parseApiKey(text: string): string {
  if (!/^[\x21-\x7e]{1,1000}$/.test(text)) {
    throw new Error('expected 1 to 1,000 printable ASCII characters without spaces (the value is not shown)')
  }
  return text
}

export function parseSecretKey(text: string): Buffer {
  const key = Buffer.from(text, 'base64')
  if (key.length !== 32) {
    throw new Error(`expected base64 of 32 bytes (make one with: openssl rand -base64 32), found ${key.length} bytes`)
  }
  return key
}

export const oneOf =
  <const Choice extends string>(choices: readonly Choice[]) =>
  (text: string): Choice => {
    const found = choices.find((choice) => choice === text)
    if (found === undefined) throw new Error(`expected one of ${choices.join(', ')}, found ${quote(text)}`)
    return found
  }

/** Node throws for a user without a home directory. */
export function homeFolder(): string {
  try {
    return homedir()
  } catch {
    process.env.HOME = '/'
    return '/'
  }
}

/** A URL would become a relative directory. */
export function parseFolder(text: string): string {
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(text)) {
    const [scheme] = text.split('://')
    throw new Error(
      `expected a folder of this machine, found a URL (${scheme}://…): mount it, or set WORKFLOWS_BACKUP_S3_BUCKET in its place`,
    )
  }
  return resolve(text)
}

export function parseFolders(text: string): readonly string[] {
  return text.split(':').filter((folder) => folder.startsWith('/'))
}

const itemsOf = (text: string): readonly string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')

export const parseRanges = (text: string): readonly AddressRange[] => itemsOf(text).map(parseAddressRange)

export const parsePages = (text: string): readonly PublicPage[] => itemsOf(text).map(oneOf(PUBLIC_PAGES))

export function parseEgress(text: string): readonly EgressTarget[] {
  return itemsOf(text).map((item) => {
    const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/]+)):(\d{1,5})$/.exec(item)
    const port = Number(match?.[3])
    const host = match?.[1] ?? match?.[2]
    if (host === undefined || port < 1 || port > 65535) {
      throw new Error(`expected host:port, found ${quote(item)}`)
    }
    return { host, port }
  })
}

/** Such as `203.0.113.0/24` or `203.0.113.7:25`. */
export function parseDenials(text: string): readonly EgressDenial[] {
  return itemsOf(text).map((item) => {
    const [, inBrackets, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(item) ?? ([] as undefined[])
    const port = digits === undefined ? null : parseWhole(digits, 1, 65535)
    return { ...parseAddressRange(inBrackets ?? plain ?? item), port }
  })
}

const quote = (text: string): string => JSON.stringify(text)
