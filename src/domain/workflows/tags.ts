import { UserError } from '../../errors.ts'
import { parseLine } from '../shared/control-characters.ts'

/** Throws `bad_request`. */
export function parseTags(sent: readonly string[]): readonly string[] {
  const tags = sent.map((tag) => parseLine('tags', tag.trim()))
  if (tags.includes('')) throw new UserError('bad_request', 'tags: expected words, found a blank one.')
  return [...new Set(tags)]
}
