import { UserError } from '../../errors.ts'
import { CONNECTION_NAME } from './connection.ts'

/** Throws `bad_request`. */
export function parseConnectionNames(names: readonly string[]): readonly string[] {
  for (const name of names) parseConnectionName('connections', name)
  return names
}

export function parseConnectionName(field: string, name: string): string {
  if (CONNECTION_NAME.test(name)) return name
  throw new UserError(
    'bad_request',
    `${field}: expected a name of lower-case letters, digits and _ that begins with a letter, at most 63, found ${JSON.stringify(name.slice(0, 100))}.`,
  )
}
