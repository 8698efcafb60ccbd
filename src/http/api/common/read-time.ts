import { UserError } from '../../../errors.ts'

/** In milliseconds. */
export function readTime(field: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  // An unescaped "+" arrives as a space.
  const match = /^(\d{4}-\d{2}-\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+ -]\d{2}:?\d{2})?)?$/i.exec(text)
  const time = isDay(match?.[1]) ? Date.parse(withZone(text)) : Number.NaN
  if (Number.isNaN(time)) {
    throw new UserError(
      'bad_request',
      `${field}: expected a time such as 2026-01-31T12:00:00Z, found ${JSON.stringify(text)}.`,
    )
  }
  return time
}

/** `Date.parse` takes 30 February for 1 March. */
function isDay(day: string | undefined): boolean {
  const start = Date.parse(day ?? '')
  return !Number.isNaN(start) && new Date(start).toISOString().slice(0, 10) === day
}

function withZone(text: string): string {
  const fixed = text.replace(/^(\d{4}-\d{2}-\d{2}) /, '$1T').replace(/ (\d{2}:?\d{2})$/, '+$1')
  return /T/i.test(fixed) && !/(?:Z|[+-]\d{2}:?\d{2})$/i.test(fixed) ? `${fixed}Z` : fixed
}
