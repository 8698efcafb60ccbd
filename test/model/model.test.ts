import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectedTicks, simulate, type World } from './simulator.ts'

const SEEDS = 3000
const FINAL = ['succeeded', 'failed', 'lost']

test(`Q02 Q03 Q05 Q06 Q14 S10 S11 D08 in ${SEEDS} worlds of crashes, delays and clock jumps, every promise holds`, () => {
  const met = { ran: 0, skipped: 0, missed: 0, lost: 0, again: 0, refused: 0, conflicts: 0, crowded: 0 }
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    try {
      const world = simulate(seed)
      judge(world)
      count(world, met)
    } catch (error) {
      throw new Error(`seed ${seed} breaks a promise: ${error instanceof Error ? error.message : error}`, {
        cause: error,
      })
    }
  }
  // A simulator that meets nothing proves nothing.
  for (const [what, times] of Object.entries(met)) assert.ok(times > 100, `${what} was met only ${times} times`)
})

test('a seed makes the same world each time', () => {
  assert.deepEqual(simulate(42), simulate(42))
})

function judge(world: World): void {
  judgeTicks(world)
  for (const { id, statuses } of world.runs) {
    const ends = statuses.filter((status) => FINAL.includes(status))
    assert.equal(ends.length, 1, `run ${id} went through ${statuses}`)
    assert.equal(statuses.at(-1), ends[0], `run ${id} left its final state: ${statuses}`)
  }
  judgeSettings(world)
}

function judgeTicks(world: World): void {
  const { ticks, tickWrites, runs } = world
  assert.equal(new Set(tickWrites).size, tickWrites.length, 'a tick was written twice')
  assert.deepEqual(
    [...ticks.keys()].sort((a, b) => a - b),
    expectedTicks(world),
    'not every due tick has its record',
  )
  for (const [dueAt, { outcome, runId }] of ticks) {
    const own = runs.filter((run) => run.dueAt === dueAt)
    assert.ok(own.length <= 3, `tick ${dueAt} has ${own.length} runs`)
    assert.equal(own.length > 0, outcome === 'ran', `tick ${dueAt} is ${outcome} with ${own.length} runs`)
    assert.ok(own.filter(({ status }) => status !== 'lost').length <= 1, `tick ${dueAt} ran twice`)
    if (own.length > 0) assert.equal(runId, own.at(-1)?.id, `tick ${dueAt} does not name its last run`)
  }
}

/** Settings, worked out again from the commits alone: last writer wins, key by key. */
function judgeSettings(world: World): void {
  const values = new Map<string, string>()
  const changed = new Map<string, number>()
  for (const { status, applied, wanted, seen, conflicts, runId } of world.commits) {
    if (!applied || status !== 'succeeded') continue
    for (const [key, value] of wanted) {
      const moved = (seen.get(key)?.revision ?? 0) !== (values.has(key) ? (changed.get(key) ?? 0) : 0)
      assert.equal(conflicts.includes(key), moved, `run ${runId}: the warning for ${key}`)
      if ((values.get(key) ?? null) === value) continue
      changed.set(key, (changed.get(key) ?? 0) + 1)
      if (value === null) values.delete(key)
      else values.set(key, value)
    }
  }
  const kept = new Map([...world.settings].map(([key, { value }]) => [key, value]))
  assert.deepEqual(kept, values, 'the settings are not those of the runs that succeeded')
}

function count(world: World, met: Record<string, number>): void {
  const add = (what: string, times: number) => {
    met[what] = (met[what] ?? 0) + times
  }
  for (const { outcome, attempts } of world.ticks.values()) {
    add(outcome, 1)
    if (attempts > 1) add('again', 1)
  }
  add('lost', world.runs.filter(({ status }) => status === 'lost').length)
  add('refused', world.commits.filter(({ applied }) => !applied).length)
  add('conflicts', world.commits.filter(({ conflicts }) => conflicts.length > 0).length)
  add('crowded', world.commits.filter(({ applied, status }) => applied && status === 'succeeded').length)
}
