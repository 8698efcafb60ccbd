import { LOCALE } from './language.ts'
import { t } from './t.ts'

const relative = new Intl.RelativeTimeFormat(LOCALE, { numeric: 'auto', style: 'short' })

const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 365 * 86_400_000],
  ['month', 30 * 86_400_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
]

/** "2 min ago", "in 3 hr", "tomorrow", "now". From a day on, counts calendar days of the zone. */
export function relativeTime(iso: string, now: number, zone?: string): string {
  const at = Date.parse(iso)
  const difference = at - now
  for (const [unit, size] of UNITS) {
    if (Math.abs(difference) < size) continue
    const amount = unit === 'day' ? dayOf(at, zone) - dayOf(now, zone) : Math.round(difference / size)
    return relative.format(amount, unit)
  }
  return t('now')
}

/** Calendar days since 1970, by default in the viewer's zone. */
function dayOf(at: number, zone: string | undefined): number {
  const parts = new Intl.DateTimeFormat('en', { timeZone: zone, year: 'numeric', month: 'numeric', day: 'numeric' })
  const { year, month, day } = Object.fromEntries(
    parts.formatToParts(at).map(({ type, value }) => [type, Number(value)]),
  )
  return Date.UTC(year ?? 0, (month ?? 1) - 1, day) / 86_400_000
}
