import { UserError } from '../../errors.ts'

/** Throws `bad_request` for a name that is empty to the eye. */
export function parseName(name: string): string {
  if (name.trim() !== '') return name
  throw new UserError('bad_request', 'name: expected a name, found only blanks.')
}
