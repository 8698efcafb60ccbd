import { UserError } from '../../errors.ts'
import { parseLine } from '../shared/control-characters.ts'

/** Throws `bad_request` for an empty name, or one with control characters. */
export function parseName(name: string): string {
  if (name.trim() !== '') return parseLine('name', name)
  throw new UserError('bad_request', 'name: expected a name, found only blanks.')
}
