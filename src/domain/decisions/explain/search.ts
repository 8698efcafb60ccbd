/** Searches the smallest changes that give another outcome: of one field, then of two. */

import type { Budget, FieldChange, OutcomeChange, Search, SearchPlan } from './change.ts'
import type { Field, Seen } from './fields.ts'
import { collectSeen, fieldAt, fieldsUnder, listFields, missingFields, withValue } from './fields.ts'
import { pairsOf, searchPairs } from './pairs.ts'
import { scaleOf } from './scale.ts'
import { type Probe, type Walk, walkField } from './walk.ts'

/** Leaves runs for pairs. */
const SINGLES_SHARE = 0.6

export function* searchChanges(plan: SearchPlan): Search {
  const walks = walksOf(plan)
  const budget = { left: plan.maxRuns }
  const found: OutcomeChange[] = []
  const reserved = Math.floor(plan.maxRuns * (1 - SINGLES_SHARE))
  budget.left -= reserved
  found.push(...(yield* searchSingles(plan, walks, budget)))
  budget.left += reserved
  found.push(...(yield* searchPairs(plan, pairsOf(walks), budget)))
  found.push(...(yield* searchSingles(plan, walks, budget)))
  return smallest(found)
}

function walksOf({ document, others, fields, values }: SearchPlan): readonly Walk[] {
  const chosen =
    fields === null
      ? [...listFields(document), ...missingFields(document, others)]
      : fields.flatMap((path) => fieldsUnder(document, path))
  const paths = new Set(chosen.map(({ path }) => path))
  const named = [...values.keys()].filter((path) => !paths.has(path)).map((path) => fieldAt(document, path))
  return [...named, ...chosen].map((field) => {
    const seen: Seen = collectSeen(field, others)
    return walkField(field, seen, values.get(field.path) ?? [])
  })
}

/** One value of each field in turn: a few runs cover all fields. */
function* searchSingles(
  plan: SearchPlan,
  walks: readonly Walk[],
  budget: Budget,
): Generator<readonly unknown[], readonly OutcomeChange[], readonly (string | null)[]> {
  const found: OutcomeChange[] = []
  for (;;) {
    const asked: { readonly walk: Walk; readonly probe: Probe }[] = []
    for (const walk of walks) {
      const probe = asked.length < budget.left ? walk.next() : null
      if (probe !== null) asked.push({ walk, probe })
    }
    if (asked.length === 0) return found
    budget.left -= asked.length
    const outcomes = yield asked.map(({ walk, probe }) => withValue(plan.document, walk.field.parts, probe.value))
    for (const [index, { walk, probe }] of asked.entries()) {
      const outcome = outcomes[index] ?? null
      const isOther = outcome !== null && outcome !== plan.outcome
      walk.told(probe, isOther)
      if (isOther) found.push({ fields: [changeOf(walk.field, probe)], outcome })
    }
  }
}

const changeOf = ({ path, value }: Field, probe: Probe): FieldChange => ({
  path,
  old: value,
  new: probe.value,
  origin: probe.origin,
})

/** Keeps the nearest change per outcome and fields. Fewer fields come first. */
function smallest(found: readonly OutcomeChange[]): readonly OutcomeChange[] {
  const keyOf = ({ fields, outcome }: OutcomeChange) => JSON.stringify([fields.map(({ path }) => path), outcome])
  const best = [...Map.groupBy(found, keyOf).values()].flatMap((group) =>
    group.toSorted((one, other) => distanceOf(one) - distanceOf(other)).slice(0, 1),
  )
  return best.toSorted((one, other) => one.fields.length - other.fields.length || distanceOf(one) - distanceOf(other))
}

/** A change of a text, boolean or list counts as 1. */
function distanceOf({ fields }: OutcomeChange): number {
  return fields.reduce((sum, { old, new: now }) => {
    const scale = scaleOf(old, [now])
    const number = scale?.read(now) ?? null
    if (scale === null || number === null) return sum + 1
    return sum + Math.abs(number - scale.base) / Math.max(Math.abs(scale.base), 1)
  }, 0)
}
