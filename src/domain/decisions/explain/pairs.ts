/** Tries two fields together that alone do not change the outcome. */

import type { Budget, OutcomeChange, Search, SearchPlan } from './change.ts'
import { withValue } from './fields.ts'
import type { Probe, Walk } from './walk.ts'

type Side = { readonly walk: Walk; readonly probe: Probe }
type Pair = readonly [Side, Side]

const BATCH = 16

/** Pairs of all fields' first values come first. */
export function pairsOf(walks: readonly Walk[]): readonly Pair[] {
  const probes = walks.map((walk) => walk.probes().map((probe) => ({ walk, probe })))
  const found: { readonly rank: number; readonly pair: Pair }[] = []
  for (const [index, ones] of probes.entries())
    for (const others of probes.slice(index + 1))
      for (const [rank, one] of ones.entries())
        for (const [otherRank, other] of others.entries()) found.push({ rank: rank + otherRank, pair: [one, other] })
  return found.toSorted((one, other) => one.rank - other.rank).map(({ pair }) => pair)
}

export function* searchPairs(plan: SearchPlan, pairs: readonly Pair[], budget: Budget): Search {
  const found: OutcomeChange[] = []
  const done = new Set<string>()
  const left = [...pairs]
  while (left.length > 0 && budget.left > 0) {
    const asked = left.splice(0, Math.min(BATCH, budget.left)).filter((pair) => !done.has(keyOf(pair)))
    if (asked.length === 0) continue
    budget.left -= asked.length
    const outcomes = yield asked.map((pair) => documentOf(plan, pair))
    for (const [index, pair] of asked.entries()) {
      const outcome = outcomes[index] ?? null
      if (outcome === null || outcome === plan.outcome || done.has(keyOf(pair))) continue
      done.add(keyOf(pair))
      found.push(yield* narrow(plan, pair, outcome, budget))
    }
  }
  return found
}

const keyOf = (pair: Pair): string => JSON.stringify(pair.map(({ walk }) => walk.field.path))

const documentOf = ({ document }: SearchPlan, pair: Pair): unknown =>
  pair.reduce((changed, { walk, probe }) => withValue(changed, walk.field.parts, probe.value), document)

/** Moves each number as close to the request's own as the outcome allows. */
function* narrow(
  plan: SearchPlan,
  pair: Pair,
  outcome: string,
  budget: Budget,
): Generator<readonly unknown[], OutcomeChange, readonly (string | null)[]> {
  let [one, other] = pair
  const isSame = function* (candidate: Pair): Generator<readonly unknown[], boolean, readonly (string | null)[]> {
    budget.left -= 1
    const [result = null] = yield [documentOf(plan, candidate)]
    return result === outcome
  }
  one = yield* bisect(one, budget, (side) => isSame([side, other]))
  other = yield* bisect(other, budget, (side) => isSame([one, side]))
  const fields = [one, other].map(({ walk: { field }, probe }) => ({
    path: field.path,
    old: field.value,
    new: probe.value,
    origin: probe.origin,
  }))
  return { fields, outcome }
}

function* bisect(
  side: Side,
  budget: Budget,
  isSame: (side: Side) => Generator<readonly unknown[], boolean, readonly (string | null)[]>,
): Generator<readonly unknown[], Side, readonly (string | null)[]> {
  const { scale } = side.walk
  const end = scale?.read(side.probe.value) ?? null
  if (scale === null || end === null) return side
  let [same, changed, best] = [scale.base, end, side]
  while (Math.abs(changed - same) > 1.5 * scale.unit && budget.left > 0) {
    const middle = Math.round((same + changed) / 2 / scale.unit) * scale.unit
    const candidate: Side = { walk: side.walk, probe: { value: scale.write(middle), origin: { from: 'type' } } }
    if (yield* isSame(candidate)) [changed, best] = [middle, candidate]
    else same = middle
  }
  return best
}
