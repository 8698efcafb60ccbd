const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Each divides the next. Without six hours, a chart of 90 days read 2,160 rows. */
export const SPANS = [MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, DAY] as const

/** Ages at which counts are deleted. */
export const KEPT_MS: ReadonlyMap<number, number> = new Map([
  [SPANS[0], 8 * DAY],
  [SPANS[1], 60 * DAY],
])

export type Counts = {
  attempts: number
  failedAttempts: number
  /** First attempts. */
  calls: number
  /** Failed last attempts. */
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

/** Joins adjacent ranges of one span. Sorted by time. */
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

/** Ratio of neighboring places: a percentile differs by at most 2 %. */
const RATIO = Math.log(1.04)
/** Shorter durations have a place each. */
const EXACT_MS = 25
const FIRST = Math.floor(Math.log(EXACT_MS) / RATIO)
/** The last place means 300,000 years. */
const PLACES = 1024

const placeOf = (ms: number): number =>
  ms < EXACT_MS
    ? Math.min(EXACT_MS - 1, Math.max(0, Math.round(ms)))
    : Math.min(PLACES - 1, EXACT_MS + Math.floor(Math.log(ms) / RATIO) - FIRST)

const DURATIONS = Array.from({ length: PLACES }, (_, place) =>
  place < EXACT_MS ? place : Math.round(Math.exp((place - EXACT_MS + FIRST + 0.5) * RATIO)),
)

export const roundDuration = (ms: number): number => DURATIONS[placeOf(ms)] ?? 0

/** Places, as differences, and counts. Milliseconds and counts take twice the bytes. */
export function writeDurations(durations: ReadonlyMap<number, number>): string {
  let text = ''
  let last = 0
  for (const [place, count] of [...durations].map(([ms, count]) => [placeOf(ms), count] as const).sort(byPlace)) {
    text += writeNumber(place - last) + writeNumber(count)
    last = place
  }
  return text
}

const byPlace = ([one]: readonly [number, number], [other]: readonly [number, number]): number => one - other

/** Five bits per character, lowest first. The sixth bit means that more follow. */
const [ZERO, BITS, MORE] = [48, 31, 32]

function writeNumber(number: number): string {
  let text = ''
  for (let rest = number; ; rest = Math.floor(rest / MORE)) {
    if (rest < MORE) return text + String.fromCharCode(ZERO + rest)
    text += String.fromCharCode(ZERO + MORE + (rest % MORE))
  }
}

/** A map takes 10 times as long. */
const places = new Float64Array(PLACES)

/** Adds results of writeDurations. A chart reads up to 2,000 of up to 150 durations. */
export function addDurations(sum: Map<number, number>, texts: readonly string[]): void {
  let last = -1
  for (const text of texts) last = Math.max(last, addPlaces(text))
  for (let place = 0; place <= last; place += 1) {
    const count = places[place] ?? 0
    const ms = DURATIONS[place] ?? 0
    if (count > 0) sum.set(ms, (sum.get(ms) ?? 0) + count)
    places[place] = 0
  }
}

function addPlaces(text: string): number {
  let place = 0
  let number = 0
  let scale = 1
  let isCount = false
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index) - ZERO
    number += (code & BITS) * scale
    if ((code & MORE) > 0) {
      scale *= MORE
      continue
    }
    if (isCount) places[place] = (places[place] ?? 0) + number
    else place += number
    isCount = !isCount
    number = 0
    scale = 1
  }
  return place
}

/** Nearest rank. `share` is 0 to 1. */
export const percentileOf = (durations: ReadonlyMap<number, number>, share: number): number | null =>
  percentilesOf(durations, [share])[0] ?? null

export function percentilesOf(durations: ReadonlyMap<number, number>, shares: readonly number[]): (number | null)[] {
  const sorted = [...durations].sort(byPlace)
  const total = sorted.reduce((sum, [, count]) => sum + count, 0)
  return shares.map((share) => {
    let left = Math.ceil(total * share)
    for (const [ms, count] of sorted) {
      left -= count
      if (left <= 0) return ms
    }
    return null
  })
}
