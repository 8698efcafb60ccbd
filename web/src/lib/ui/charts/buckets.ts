import { LOCALE } from '../../i18n/language.ts'
import type { Stats, StatsBucket, TimeSpan } from '../../requests/get-stats.ts'

const DAY_SECONDS = 86_400
const CLOCK = new Intl.DateTimeFormat(LOCALE, { hour: '2-digit', minute: '2-digit' })
const DAY_AND_CLOCK = new Intl.DateTimeFormat(LOCALE, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
})

/** Adds the day if the chart has several. */
export function bucketTime(bucket: StatsBucket, { since, until }: Stats): string {
  const seconds = (Date.parse(until) - Date.parse(since)) / 1000
  return (seconds <= DAY_SECONDS ? CLOCK : DAY_AND_CLOCK).format(new Date(bucket.starts_at))
}

export function spanOf(bucket: StatsBucket, { bucket_seconds }: Stats): TimeSpan {
  const until = new Date(Date.parse(bucket.starts_at) + bucket_seconds * 1000).toISOString()
  return { since: bucket.starts_at, until }
}
