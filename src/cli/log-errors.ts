/** How errors are written to the log. */

import pino from 'pino'
import { UserError } from '../errors.ts'

/**
 * The stack of an error that we throw on purpose, such as that of a database which is away, says nothing that its words do not:
 * while one was away, each server wrote 5 to 10 of them a second, 2 kB each.
 */
export function describeError(error: Error): object {
  if (!(error instanceof UserError)) return pino.stdSerializers.err(error)
  const { name: type, code, message, cause } = error
  return { type, code, message, ...(cause instanceof Error ? { cause: cause.message || cause.name } : {}) }
}
