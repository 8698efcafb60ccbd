/** Properties as the text of a `.env` file, and back. Reading is dotenv's own parser; writing is what it reads back the same. */

import { parse } from 'dotenv'
import { asString } from '../../lib/json-text.ts'
import type { Setting } from '../../lib/requests/get-settings.ts'

export type EnvChange = {
  readonly key: string
  readonly value: string
  readonly what: 'added' | 'changed' | 'replaced' | 'same'
  /** What stands there now; null: nothing, or a secret. */
  readonly before: string | null
  /** Its revision, 0 for none. */
  readonly base: number
  readonly secret: boolean
}

type Standing = Pick<Setting, 'key' | 'value' | 'secret' | 'revision'>

const SOUNDS_SECRET = /SECRET|TOKEN|PASSWORD|PASSWD|API_?KEY|PRIVATE/i

/** What pasting the text would do, key by key. What is a secret stays one; a new one is guessed by its name. */
export function planEnv(text: string, settings: readonly Standing[]): EnvChange[] {
  const standing = new Map(settings.map((setting) => [setting.key, setting]))
  return Object.entries(parse(text)).map(([key, value]) => {
    const now = standing.get(key)
    if (now === undefined) return { key, value, what: 'added', before: null, base: 0, secret: SOUNDS_SECRET.test(key) }
    const what = now.secret ? 'replaced' : now.value === JSON.stringify(value) ? 'same' : 'changed'
    return { key, value, what, before: now.secret ? null : now.value, base: now.revision, secret: now.secret }
  })
}

/** All properties but the values of secrets, which are named and left empty. */
export function writeEnv(settings: readonly Standing[]): string {
  const lines = settings.map(({ key, value, secret }) => {
    if (secret) return `# ${oneLine(key)} is a secret: its value is not exported`
    const line = envLine(key, asString(value ?? 'null') ?? value ?? 'null')
    return line ?? `# ${oneLine(key)} can’t be written in a .env file`
  })
  return `${lines.join('\n')}\n`
}

/** Null: no way of writing it is read back as it was. */
function envLine(key: string, value: string): string | null {
  const ways = [value, `'${value}'`, `"${value}"`, `\`${value}\``].map((written) => `${key}=${written}`)
  return ways.find((line) => isReadBack(line, key, value)) ?? null
}

/** A quote that is not closed would swallow what follows, up to the next one of its kind. */
const FOLLOWERS = ['1', "'1'", '"1"', '`1`']

function isReadBack(line: string, key: string, value: string): boolean {
  return FOLLOWERS.every((follower) => {
    const read = parse(`${line}\n${key}_=${follower}\n`)
    return Object.keys(read).length === 2 && read[key] === value && read[`${key}_`] === '1'
  })
}

const oneLine = (text: string): string => text.replace(/[\r\n]+/g, ' ')
