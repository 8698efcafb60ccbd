const MINUTE = 60_000
const DAY = 1440 * MINUTE

/** Each divides the next. */
export const SPANS = [MINUTE, 10 * MINUTE, 60 * MINUTE, DAY] as const

/** Ages at which counts of a minute and of 10 minutes are deleted. */
export const KEPT_MS: ReadonlyMap<number, number> = new Map([
  [SPANS[0], 8 * DAY],
  [SPANS[1], 60 * DAY],
])

export type Counts = {
  attempts: number
  failedAttempts: number
  /** First attempts. */
  calls: number
  /** Last attempts that failed. */
  failedCalls: number
  readonly durations: Map<number, number>
}

export const noCounts = (): Counts => ({
  attempts: 0,
  failedAttempts: 0,
  calls: 0,
  failedCalls: 0,
  durations: new Map(),
})

export function addTo(sum: Counts, other: Counts): void {
  sum.attempts += other.attempts
  sum.failedAttempts += other.failedAttempts
  sum.calls += other.calls
  sum.failedCalls += other.failedCalls
  for (const [ms, count] of other.durations) sum.durations.set(ms, (sum.durations.get(ms) ?? 0) + count)
}

export function spanAt(time: number, now: number): number {
  const found = SPANS.find((span) => now - time < (KEPT_MS.get(span) ?? Infinity) - 10 * span)
  return found ?? SPANS[2]
}

export type Range = { readonly span: number; readonly from: number; readonly to: number }

/** Uses the fewest spans. Both ends must be multiples of a kept span. */
export function coverTime(from: number, to: number): readonly Range[] {
  const cover = (start: number, end: number, index: number): readonly Range[] => {
    const span = SPANS[index]
    if (span === undefined || start >= end) return []
    const [first, last] = [Math.ceil(start / span) * span, Math.floor(end / span) * span]
    if (first >= last) return cover(start, end, index - 1)
    return [...cover(start, first, index - 1), { span, from: first, to: last }, ...cover(last, end, index - 1)]
  }
  return cover(from, to, SPANS.length - 1)
}

/** Joins ranges of one span without a gap between them. The order is by time. */
export function mergeRanges(ranges: readonly Range[]): readonly Range[] {
  const last = new Map<number, Range>()
  const merged = new Set<Range>()
  for (const range of ranges) {
    const before = last.get(range.span)
    const isNext = before !== undefined && before.to === range.from
    const next = isNext ? { ...before, to: range.to } : range
    if (isNext) merged.delete(before)
    merged.add(next)
    last.set(range.span, next)
  }
  return [...merged]
}

/** Ratio of neighboring durations in the histogram: a percentile differs by at most 2 %. */
const RATIO = Math.log(1.04)

/** Below 25 ms it is exact. */
export function roundDuration(ms: number): number {
  if (ms < 25) return Math.max(0, Math.round(ms))
  return Math.round(Math.exp((Math.floor(Math.log(ms) / RATIO) + 0.5) * RATIO))
}

export const writeDurations = (durations: ReadonlyMap<number, number>): string =>
  [...durations].map(([ms, count]) => `${ms}:${count}`).join(' ')

const [SPACE, ZERO, COLON] = [32, 48, 58]

/** Durations below are summed in an array, because a map takes 10 times as long. */
const SHORT_MS = 8192
const short = new Float64Array(SHORT_MS)

/**
 * Adds what writeDurations returned. A chart of 90 days reads 2,000 texts of 100 durations: split and Number took 5 times
 * as long.
 */
export function addDurations(sum: Map<number, number>, texts: readonly string[]): void {
  let longest = -1
  for (const text of texts) {
    let ms = 0
    let number = 0
    for (let index = 0; index <= text.length; index += 1) {
      const code = index === text.length ? SPACE : text.charCodeAt(index)
      if (code === COLON) {
        ms = number
        number = 0
      } else if (code === SPACE) {
        if (ms >= SHORT_MS) sum.set(ms, (sum.get(ms) ?? 0) + number)
        else if (number > 0) {
          short[ms] = (short[ms] ?? 0) + number
          if (ms > longest) longest = ms
        }
        number = 0
      } else number = number * 10 + code - ZERO
    }
  }
  for (let ms = 0; ms <= longest; ms += 1) {
    const count = short[ms] ?? 0
    if (count > 0) sum.set(ms, (sum.get(ms) ?? 0) + count)
    short[ms] = 0
  }
}

/** Nearest-rank percentile for a share from 0 to 1. */
export function percentileOf(durations: ReadonlyMap<number, number>, share: number): number | null {
  const sorted = [...durations].sort(([one], [other]) => one - other)
  let left = Math.ceil(sorted.reduce((sum, [, count]) => sum + count, 0) * share)
  for (const [ms, count] of sorted) {
    left -= count
    if (left <= 0) return ms
  }
  return null
}
