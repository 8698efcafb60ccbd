/**
 * One setting per line: `NAME=text` is a string, `NAME=5 # json` other JSON, `NAME= # secret` a secret, and `NAME= #
 * withheld` a setting with a copy of a secret. The last two have no value. Values that do not fit one plain line are
 * quoted as JSON strings.
 */

import { UserError } from '../../errors.ts'

export type FolderSetting = {
  readonly key: string
  /** JSON. Null for a secret, or a value that contains one. */
  readonly value: string | null
  readonly secret: boolean
}

const HEADER = `# Settings: NAME=value. "# secret" marks values that are never exported; "# json" marks values that are no text.\n`

const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_.-]*$/
/** Control characters, line separators, a leading quote or #, or a # after a blank, which begins a comment. */
const NOT_PLAIN = /[\p{Cc}\u2028\u2029\ufeff]|^["'#]|\s#/u
const LINE = /^(?:export[ \t]+)?("(?:[^"\\]|\\.)*"|[^\s="'#]+)[ \t]*=[ \t]*(.*)$/s
const QUOTED = /^("(?:[^"\\]|\\.)*"|'[^']*')[ \t]*(?:#(.*))?$/s
const COMMENT = /(?<![^ \t])#/
/** JSON at most doubles a value's bytes, with six bytes per control character of a key. */
const MAX_LENGTH = 8 * 1024 * 1024
const MAX_LINE = 1024 * 1024
const WITHHELD = /^\s*withheld\b/i
const MARKS = /^\s*(secret\b)?[\s,:]*(json\b)?/i

export function writeSettingsEnv(settings: readonly FolderSetting[]): string {
  return HEADER + settings.map((setting) => `${writeLine(setting)}\n`).join('')
}

export function parseSettingsEnv(text: string): readonly FolderSetting[] {
  if (text.length > MAX_LENGTH) throw tooLong('settings.env', MAX_LENGTH, text.length)
  const found = new Map<string, FolderSetting>()
  for (const [index, line] of text.split(/\r\n|\n/).entries()) {
    if (line.length > MAX_LINE) throw tooLong(`settings.env, line ${index + 1}`, MAX_LINE, line.length)
    const trimmed = line.trim()
    if (trimmed === '' || trimmed.startsWith('#')) continue
    const setting = parseLine(trimmed, index + 1)
    if (found.has(setting.key))
      throw wrong(index + 1, 'each name once', `${JSON.stringify(setting.key.slice(0, 100))} again`)
    found.set(setting.key, setting)
  }
  return [...found.values()]
}

function writeLine({ key, value, secret }: FolderSetting): string {
  const name = PLAIN_KEY.test(key) ? key : JSON.stringify(key)
  if (secret) return `${name}= # secret`
  if (value === null) return `${name}= # withheld`
  const parsed: unknown = JSON.parse(value)
  return typeof parsed === 'string' ? `${name}=${quote(parsed)}` : `${name}=${quote(value)} # json`
}

const quote = (text: string): string =>
  NOT_PLAIN.test(text) || text !== text.trim() || !text.isWellFormed() ? JSON.stringify(text) : text

function parseLine(line: string, number: number): FolderSetting {
  const [, name = '', rest = ''] = LINE.exec(line) ?? []
  if (name === '') throw wrong(number, 'NAME=value', line.slice(0, 60))
  const key = name.startsWith('"') ? unquote(name, number) : name
  const { text, comment } = parseValue(rest, number)
  const [, secretMark, jsonMark] = MARKS.exec(comment) ?? []
  const secret = secretMark !== undefined
  if (text === '' && (secret || WITHHELD.test(comment))) return { key, value: null, secret }
  return { key, value: jsonMark === undefined ? JSON.stringify(text) : parseJson(text, number), secret }
}

function parseValue(rest: string, number: number): { readonly text: string; readonly comment: string } {
  if (!/^["']/.test(rest)) {
    const at = rest.search(COMMENT)
    return at === -1 ? { text: rest, comment: '' } : { text: rest.slice(0, at).trim(), comment: rest.slice(at + 1) }
  }
  const [, quoted = '', comment = ''] = QUOTED.exec(rest) ?? []
  if (quoted === '') throw wrong(number, 'a quoted value that ends on its line', 'one that does not')
  return { text: quoted.startsWith("'") ? quoted.slice(1, -1) : unquote(quoted, number), comment }
}

function unquote(quoted: string, number: number): string {
  try {
    return String(JSON.parse(quoted))
  } catch {
    throw wrong(number, 'escapes as in a JSON string', 'others')
  }
}

function parseJson(text: string, number: number): string {
  try {
    JSON.parse(text)
    return text
  } catch {
    throw wrong(number, 'JSON, as "# json" says', 'something else')
  }
}

const tooLong = (where: string, expected: number, found: number): UserError =>
  new UserError('invalid_archive', `${where}: expected at most ${expected} characters, found ${found}.`)

const wrong = (line: number, expected: string, found: string): UserError =>
  new UserError('invalid_archive', `settings.env, line ${line}: expected ${expected}, found ${found}.`)
