/** "<0.1 ms", "0.8 ms", "38 ms", "1.2 s", "3 min 5 s". */

import { LOCALE } from './i18n/language.ts'
import { t } from './i18n/t.ts'

export function duration(ms: number): string {
  if (ms > 0 && ms < 0.05) return `<${(0.1).toLocaleString(LOCALE)} ms`
  if (ms < 10) return `${(Math.round(ms * 10) / 10).toLocaleString(LOCALE)} ms`
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(Math.round(ms / 100) / 10).toLocaleString(LOCALE)} s`
  if (ms < HOUR_MS) return pair(ms, 1000, 60, 'min', 's')
  if (ms < 24 * HOUR_MS) return pair(ms, 60_000, 60, 'h', 'min')
  return pair(ms, HOUR_MS, 24, t('d'), 'h')
}

const HOUR_MS = 3_600_000

/** Two units, rounded to the smaller one. */
function pair(ms: number, smallMs: number, perLarge: number, large: string, small: string): string {
  const count = Math.round(ms / smallMs)
  return `${Math.floor(count / perLarge).toLocaleString(LOCALE)} ${large} ${count % perLarge} ${small}`
}

const SIZES = [t('B'), t('KiB'), t('MiB'), t('GiB')] as const

export function bytes(count: number): string {
  const power = Math.min(SIZES.length - 1, count < 1 ? 0 : Math.floor(Math.log2(count) / 10))
  const amount = Math.round((count / 1024 ** power) * 10) / 10
  return `${amount.toLocaleString(LOCALE)} ${SIZES[power] ?? SIZES[0]}`
}

const percents = new Intl.NumberFormat(LOCALE, { style: 'percent', maximumFractionDigits: 1 })

/** "0%", "2.5%", "100%" of a share from 0 to 1. */
export const percent = (share: number): string => percents.format(share)
