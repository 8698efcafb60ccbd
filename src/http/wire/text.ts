import { UserError } from '../../errors.ts'

/** Databases store text as UTF-8 without NUL: what could not be given back as it came is refused. */
export function checkText(field: string, text: string): string {
  if (text.isWellFormed() && !text.includes('\0')) return text
  throw new UserError('bad_request', `${field}: expected Unicode text, found a lone surrogate or the character U+0000.`)
}
