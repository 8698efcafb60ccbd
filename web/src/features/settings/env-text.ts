import { parse } from 'dotenv'
import { t } from '../../lib/i18n/t.ts'
import { asString } from '../../lib/json-text.ts'
import type { Setting } from '../../lib/requests/get-settings.ts'
import { soundsSecret } from './parts/sounds-secret.ts'

export type EnvChange = {
  readonly key: string
  readonly value: string
  readonly what: 'added' | 'changed' | 'replaced' | 'same'
  readonly before: string | null
  readonly base: number
  readonly secret: boolean
}

type Standing = Pick<Setting, 'key' | 'value' | 'secret' | 'revision'>

/** Existing secrets stay secret. Names decide for new keys. */
export function planEnv(text: string, settings: readonly Standing[]): EnvChange[] {
  const standing = new Map(settings.map((setting) => [setting.key, setting]))
  return Object.entries(parse(text)).map(([key, value]) => {
    const now = standing.get(key)
    if (now === undefined) return { key, value, what: 'added', before: null, base: 0, secret: soundsSecret(key) }
    const what = now.secret ? 'replaced' : now.value === JSON.stringify(value) ? 'same' : 'changed'
    return { key, value, what, before: now.secret ? null : now.value, base: now.revision, secret: now.secret }
  })
}

/** Omits lines of a quoted value. */
export function unreadLines(text: string): readonly number[] {
  const lines = text.split(/\r?\n/)
  const values = Object.values(parse(text)).join('\n')
  return lines.flatMap((line, index) => {
    const isRead = line.trim() === '' || line.trimStart().startsWith('#') || Object.keys(parse(line)).length > 0
    return isRead || values.includes(line.trim().replace(/['"`]$/, '')) ? [] : [index + 1]
  })
}

export function writeEnv(settings: readonly Standing[]): string {
  const lines = settings.map(({ key, value, secret }) => {
    if (secret) return t('# {key} is a secret: its value is not exported', { key: oneLine(key) })
    const line = envLine(key, asString(value ?? 'null') ?? value ?? 'null')
    return line ?? t('# {key} can’t be written in a .env file', { key: oneLine(key) })
  })
  return `${lines.join('\n')}\n`
}

const PLAIN = /^[^\s'"`#\\](?:[^\r\n'"`#\\]*[^\s'"`#\\])?$/
const QUOTES = ["'", '"', '`'] as const

/** Null if no notation survives parsing. */
function envLine(key: string, value: string): string | null {
  if (value === '' || PLAIN.test(value)) return readBack(`${key}=${value}`, key, value)
  // It would escape the closing quote.
  const quote = value.endsWith('\\') ? undefined : QUOTES.find((one) => !value.includes(one))
  return quote === undefined ? null : readBack(`${key}=${quote}${value}${quote}`, key, value)
}

const readBack = (line: string, key: string, value: string): string | null => (parse(line)[key] === value ? line : null)

const oneLine = (text: string): string => text.replace(/[\r\n]+/g, ' ')
