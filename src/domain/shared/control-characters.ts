import { UserError } from '../../errors.ts'

const CONTROL = /\p{Cc}/u
const HIDDEN = /[^\P{Cc}\t\n]|\p{Bidi_Control}/gu

/** Names appear in lists, mails and terminals. */
export function parseLine(field: string, text: string): string {
  if (!text.isWellFormed())
    throw new UserError('bad_request', `${field}: expected Unicode text, found a lone surrogate.`)
  const [found] = CONTROL.exec(text) ?? []
  if (found === undefined) return text
  throw new UserError('bad_request', `${field}: expected text without control characters, found ${codeOf(found)}.`)
}

export const visibleText = (text: string): string => text.replace(HIDDEN, escaped)

/** Equivalent JSON that cannot control a terminal. */
export const visibleJson = (json: string): string =>
  json.replace(HIDDEN, (character) => `\\u${hex(character).padStart(4, '0')}`)

function escaped(character: string): string {
  const code = hex(character)
  return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code}`
}

const codeOf = (character: string): string => `U+${hex(character).padStart(4, '0').toUpperCase()}`
const hex = (character: string): string => (character.codePointAt(0) ?? 0).toString(16)
