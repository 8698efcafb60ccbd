/** Numbers that look random and come again with the same seed (mulberry32). */

export type Random = {
  /** From 0 up to 1. */
  next(): number
  /** A whole number from `least` to `most`. */
  whole(least: number, max: number): number
  pick<T>(items: readonly [T, ...T[]]): T
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const whole = (least: number, max: number): number => least + Math.floor(next() * (max - least + 1))
  return { next, whole, pick: (items) => items[whole(0, items.length - 1)] ?? items[0] }
}
