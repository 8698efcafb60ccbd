/** The engine's own messages may contain hosts and files. */

import { UserError } from '../../errors.ts'

export function databaseUnavailable(why: string, cause: unknown): UserError {
  const detail = `The database cannot be used right now: ${why}. Try again in a moment.`
  return new UserError('unavailable', detail, { retryAfterSeconds: 5 }, cause)
}
