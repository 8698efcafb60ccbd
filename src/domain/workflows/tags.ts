import { UserError } from '../../errors.ts'
import { parseLine } from './control-characters.ts'

/** Tags without blanks around them, each once, in the order that they were sent. Throws `bad_request` for a blank one. */
export function parseTags(sent: readonly string[]): readonly string[] {
  const tags = sent.map((tag) => parseLine('tags', tag.trim()))
  if (tags.includes('')) throw new UserError('bad_request', 'tags: expected words, found a blank one.')
  return [...new Set(tags)]
}
