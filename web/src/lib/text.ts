import { prettyJson } from './client/api.ts'
import type { HeaderList } from './requests/runs/run.ts'

/** Keeps the spelling of numbers. */
export function bodyText(body: string, headers: HeaderList): string {
  const type = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? ''
  return /\bjson\b/i.test(type) ? prettyJson(body) : body
}

export const visible = (text: string): string => text.replace(HIDDEN, picture)

/** Control characters, and disguising bidirectional overrides. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this finds
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g
const PICTURES = 0x2400
const DELETE_PICTURE = '\u2421'

function picture(character: string): string {
  if (character === '\r') return ''
  if (character === '\u007f') return DELETE_PICTURE
  return character < ' ' ? String.fromCharCode(PICTURES + character.charCodeAt(0)) : '\ufffd'
}
