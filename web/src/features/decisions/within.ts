/** Durations of the API, such as `7d`. */

const WITHIN = /^(\d{1,12}(?:\.\d{1,12})?)([smhdw])$/
const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }
const WRITTEN = ['d', 'h', 'm'] as const

export function secondsOf(within: string): number | null {
  const [, number, unit = ''] = WITHIN.exec(within) ?? []
  return number === undefined ? null : Number(number) * (SECONDS[unit] ?? 0)
}

export function withinOf(seconds: number): string {
  const unit = WRITTEN.find((each) => seconds % (SECONDS[each] ?? 1) === 0) ?? 's'
  return `${seconds / (SECONDS[unit] ?? 1)}${unit}`
}
