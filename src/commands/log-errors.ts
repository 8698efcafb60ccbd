import pino from 'pino'
import { UserError } from '../errors.ts'

/** No stack for expected errors: in an outage, each server logged 5 to 10 of them a second, 2 kB each. */
export function describeError(error: Error): object {
  if (!(error instanceof UserError)) return pino.stdSerializers.err(error)
  const { name: type, code, message, cause } = error
  return { type, code, message, ...(cause instanceof Error ? { cause: cause.message || cause.name } : {}) }
}
