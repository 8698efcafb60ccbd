import { UserError } from '../../errors.ts'
import { parseLine } from '../shared/control-characters.ts'

/** Throws `bad_request` for an empty name, or one with control characters. */
export function parseName(name: string): string {
  if (name.trim() !== '') return parseLine('name', name)
  throw new UserError('bad_request', 'name: expected a name, found only blanks.')
}

/** Throws `bad_request`. */
export function parseTags(sent: readonly string[]): readonly string[] {
  const tags = sent.map((tag) => parseLine('tags', tag.trim()))
  if (tags.includes('')) throw new UserError('bad_request', 'tags: expected words, found a blank one.')
  return [...new Set(tags)]
}

export const parseEditors = (sent: readonly string[] | null): readonly string[] | null =>
  sent === null ? null : [...new Set(sent)]
