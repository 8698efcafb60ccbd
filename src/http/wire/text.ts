import { isStorable } from '../../domain/shared/schemas.ts'
import { UserError } from '../../errors.ts'

/** The databases accept UTF-8 without NUL. */
export function parseText(field: string, text: string): string {
  if (isStorable(text)) return text
  throw new UserError('bad_request', `${field}: expected Unicode text, found a lone surrogate or the character U+0000.`)
}
