import { UserError } from '../../../errors.ts'
import { databaseUnavailable } from '../unavailable.ts'

/** Serialization failure or deadlock: retry the transaction. */
export const isConflict = (error: unknown): boolean => ['40001', '40P01'].includes(codeOf(error))

/** Also another transaction's insert of the same key, after this one looked for it: the next attempt finds the row. */
export const mayRepeat = (error: unknown): boolean => isConflict(error) || codeOf(error) === '23505'

/** Text columns hold user text only in names and ids. SQLite accepts U+0000 in them. */
const NOT_IN_TEXT = '22021'

const UNAVAILABLE = /^(08|53|57|58|XX)|^25006$|^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_|ENOENT|EHOST)/

export const isUnknown = (error: unknown): boolean =>
  codeOf(error) !== LOCK_TIMEOUT && !isConflict(error) && isBroken(error)

const LOCK_TIMEOUT = '55P03'
export const isLockTimeout = (error: unknown): boolean => codeOf(error) === LOCK_TIMEOUT

const isBroken = (error: unknown): boolean =>
  error instanceof Error &&
  (UNAVAILABLE.test(codeOf(error)) || /timeout|Connection terminated|not queryable/i.test(error.message))

export function toUserError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof UserError) return error
  if (codeOf(error) === NOT_IN_TEXT) {
    return new UserError(
      'bad_request',
      'Text with the character U+0000 cannot be stored or looked for here: leave it out.',
      {},
      error,
    )
  }
  if (!isBroken(error) && !isConflict(error)) return error
  return databaseUnavailable(whyUnavailable(error), error)
}

const REASONS: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/^25006$/, 'it is read-only'],
  [/^53100$/, 'its disk is full'],
  [/^53/, 'it has no connections or memory left'],
  [/^57/, 'it is stopping or starting, or the statement took too long'],
  [/^(08|E)/, 'it cannot be reached'],
  [/^40/, 'too many changes of the same rows at once'],
]

function whyUnavailable(error: Error): string {
  const code = codeOf(error)
  const known = REASONS.find(([pattern]) => pattern.test(code))
  if (known !== undefined) return known[1]
  if (/timeout/i.test(error.message)) return 'it does not answer in time'
  return code === '' ? 'the connection to it broke' : `it reports the error ${code}`
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

/** A failed connection to several addresses has no message. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.message === '' ? codeOf(error) : error.message
}
