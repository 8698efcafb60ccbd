/** Tries values of one field, nearest first, and narrows the smallest change of a number. */

import type { Field, Seen } from './fields.ts'
import { distancesOf, type Scale, scaleOf } from './scale.ts'

/** `other`: from `count` other requests, perhaps another person's data. */
export type Origin = { readonly from: 'given' | 'type' } | { readonly from: 'other'; readonly count: number }

export type Probe = { readonly value: unknown; readonly origin: Origin }

export type Walk = {
  readonly field: Field
  /** Null: no order. */
  readonly scale: Scale | null
  next(): Probe | null
  /** `isOther`: the outcome differed. */
  told(probe: Probe, isOther: boolean): void
  /** Values that alone change nothing, most different first. */
  probes(): readonly Probe[]
}

const BY_TYPE: Origin = { from: 'type' }
const MAX_REMOVED = 20
const PAIR_PROBES = 4

export function walkField(field: Field, seen: Seen, given: readonly unknown[]): Walk {
  const own = given.map((value): Probe => ({ value, origin: { from: 'given' } }))
  const others = seen.values.map(({ value, count }): Probe => ({ value, origin: { from: 'other', count } }))
  const scale = scaleOf(field.value, [...given, ...seen.values.map(({ value }) => value)])
  if (scale !== null) return walkScale(field, scale, [...own, ...others])
  return walkList(field, [...own, ...byType(field.value, seen), ...others])
}

function byType(value: unknown, { elements }: Seen): readonly Probe[] {
  if (typeof value === 'boolean') return [{ value: !value, origin: BY_TYPE }]
  if (!Array.isArray(value)) return []
  const items: readonly unknown[] = value
  const texts = new Set(items.map((item) => JSON.stringify(item)))
  const removed = items.slice(0, MAX_REMOVED).map((_, index) => items.toSpliced(index, 1))
  const added = elements.filter((element) => !texts.has(JSON.stringify(element.value)))
  return [
    ...removed.map((left): Probe => ({ value: left, origin: BY_TYPE })),
    ...added.map(
      (element): Probe => ({
        value: [...items, element.value],
        origin: { from: 'other', count: element.count },
      }),
    ),
  ]
}

function walkList(field: Field, probes: readonly Probe[]): Walk {
  const queue = distinct(field.value, probes)
  const unchanged: Probe[] = []
  return {
    field,
    scale: null,
    next: () => queue.shift() ?? null,
    told: (probe, isOther) => void (isOther || unchanged.push(probe)),
    probes: () => [...unchanged, ...queue].slice(0, PAIR_PROBES),
  }
}

function distinct(base: unknown, probes: readonly Probe[]): Probe[] {
  const known = new Set([JSON.stringify(base)])
  return probes.filter(({ value }) => {
    const text = JSON.stringify(value)
    const isNew = !known.has(text)
    known.add(text)
    return isNew
  })
}

/** Per direction: the nearest number with another outcome, and those with the same. */
type Side = { readonly sign: 1 | -1; changed: number | null; same: Map<number, Origin> }

function walkScale(field: Field, scale: Scale, extra: readonly Probe[]): Walk {
  const sides: readonly [Side, Side] = [
    { sign: 1, changed: null, same: new Map() },
    { sign: -1, changed: null, same: new Map() },
  ]
  const queue = ladder(scale, extra)
  const sideOf = (number: number): Side => (number > scale.base ? sides[0] : sides[1])
  const asked = new Set([scale.base])
  const probeAt = (number: number, origin: Origin): Probe => {
    asked.add(number)
    return { value: scale.write(number), origin }
  }
  return {
    field,
    scale,
    next() {
      for (const side of sides) {
        const between = betweenOf(side, scale)
        if (between !== null && !asked.has(between)) return probeAt(between, BY_TYPE)
      }
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const { number, probe } = next
        if (number === null) return probe
        const { changed, sign } = sideOf(number)
        const isFarther = changed !== null && sign * (number - changed) >= 0
        if (!asked.has(number) && number >= scale.least && !isFarther) return probeAt(number, probe.origin)
      }
      return null
    },
    told({ value, origin }, isOther) {
      const number = scale.read(value)
      if (number === null) return
      const side = sideOf(number)
      if (!isOther) side.same.set(number, origin)
      else if (side.changed === null || side.sign * (number - side.changed) < 0) side.changed = number
    },
    probes: () => sides.filter(({ changed }) => changed === null).flatMap((side) => farthest(side, scale)),
  }
}

type Queued = { readonly number: number | null; readonly probe: Probe }

function ladder(scale: Scale, extra: readonly Probe[]): Queued[] {
  const given = extra.map((probe) => ({ number: scale.read(probe.value), probe }))
  const steps = distancesOf(scale).flatMap((distance) =>
    [1, -1].map((sign) => {
      const number = onGrid(scale, scale.base + sign * distance * scale.unit)
      return { number, probe: { value: scale.write(number), origin: BY_TYPE } }
    }),
  )
  const isGiven = ({ probe }: Queued) => probe.origin.from === 'given'
  return [...given.filter(isGiven), ...steps, ...given.filter((one) => !isGiven(one))]
}

/** Halfway between the nearest change and the closest number before it with the same outcome. */
function betweenOf({ sign, changed, same }: Side, scale: Scale): number | null {
  if (changed === null) return null
  const before = [scale.base, ...same.keys()].filter((number) => sign * (changed - number) > 0)
  const low = sign === 1 ? Math.max(...before) : Math.min(...before)
  if (Math.abs(changed - low) < 1.5 * scale.unit) return null
  return onGrid(scale, (low + changed) / 2)
}

const onGrid = ({ unit }: Scale, number: number): number => Number((Math.round(number / unit) * unit).toPrecision(15))

function farthest({ sign, same }: Side, scale: Scale): readonly Probe[] {
  const last = distancesOf(scale).at(-1) ?? 1
  const end = Math.max(scale.least, onGrid(scale, scale.base + sign * last * scale.unit))
  const tried = [...same.keys(), ...(end === scale.base ? [] : [end])]
  if (tried.length === 0) return []
  const number = sign === 1 ? Math.max(...tried) : Math.min(...tried)
  return [{ value: scale.write(number), origin: same.get(number) ?? BY_TYPE }]
}
