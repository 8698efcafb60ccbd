/** Relative in text and exact on hover, in the viewer's zone. */

import { useSyncExternalStore } from 'react'
import { LOCALE } from './i18n/language.ts'
import { relativeTime } from './i18n/relative-time.ts'
import { t } from './i18n/t.ts'

const exact = new Intl.DateTimeFormat(LOCALE, { dateStyle: 'medium', timeStyle: 'medium' })
const clock = new Intl.DateTimeFormat(LOCALE, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
  hour12: false,
})
export const exactTime = (iso: string): string => exact.format(new Date(iso))

export const clockTime = (iso: string): string => clock.format(new Date(iso))

/** "every 5 minutes", "every day". */
export function everyText(seconds: number): string {
  const { amount, unit } = splitSeconds(seconds)
  return EVERY[unit](amount)
}

const EVERY: Readonly<Record<RateUnit, (amount: number) => string>> = {
  second: (amount) => t('{amount, plural, one {every second} other {every # seconds}}', { amount }),
  minute: (amount) => t('{amount, plural, one {every minute} other {every # minutes}}', { amount }),
  hour: (amount) => t('{amount, plural, one {every hour} other {every # hours}}', { amount }),
  day: (amount) => t('{amount, plural, one {every day} other {every # days}}', { amount }),
}

export const RATE_UNITS = { second: 1, minute: 60, hour: 3600, day: 86_400 } as const
export type RateUnit = keyof typeof RATE_UNITS

export function splitSeconds(seconds: number): { amount: number; unit: RateUnit } {
  const units: readonly RateUnit[] = ['day', 'hour', 'minute']
  const unit =
    units.find((candidate) => seconds >= RATE_UNITS[candidate] && seconds % RATE_UNITS[candidate] === 0) ?? 'second'
  return { amount: seconds / RATE_UNITS[unit], unit }
}

export function useRelativeTime(iso: string, zone?: string): string {
  // Only rows with new words render again.
  return useSyncExternalStore(subscribe, () => relativeTime(iso, now, zone))
}

let now = Date.now()
const watchers = new Set<() => void>()
let timer: number | undefined

function subscribe(watcher: () => void): () => void {
  watchers.add(watcher)
  now = Date.now()
  timer ??= window.setInterval(() => {
    now = Date.now()
    for (const each of watchers) each()
  }, 1000)
  return () => {
    watchers.delete(watcher)
    if (watchers.size > 0) return
    window.clearInterval(timer)
    timer = undefined
  }
}
