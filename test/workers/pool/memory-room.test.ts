/** Whether one more sandbox fits, by what is free and what runs of its workflow have needed. */

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Member, MemoryRoom } from '../../../src/workers/pool/memory-room.ts'
import type { Worker } from '../../../src/workers/worker/worker.ts'

const MIB = 1024 * 1024

type World = { free: number; total: number; now: number }
type MemberOptions = { workflow?: string; limit?: number; starting?: number; waiting?: number; runs?: readonly Run[] }
/** `for`: how long it runs already, in ms; `held`: MiB. */
type Run = { for: number; held: number }

function open(t: TestContext, start: Omit<World, 'now'>) {
  const world: World = { ...start, now: 1_000_000 }
  t.mock.method(performance, 'now', () => world.now)
  const held = new Map<Worker, number>()
  let groups: readonly Member[] = []
  const room = new MemoryRoom({
    groups: () => groups.values(),
    read: () => ({ free: world.free * MIB, total: world.total * MIB }),
    heldBy: (worker) => held.get(worker) ?? 0,
  })
  const member = ({ workflow = 'wf_1', limit = 512, starting = 0, waiting = 0, runs = [] }: MemberOptions): Member => ({
    spec: {
      runtime: 'python3',
      environment: null,
      versionKey: 'version',
      workflowId: workflow,
      egress: { mode: 'internet', hosts: [] },
      message: { kind: 'catch', source: '', files: {}, reuse: false, memory: limit * MIB, variables: {} },
    },
    starting,
    waitingSince: world.now - waiting,
    inUse: runs.map((run) => {
      const worker = { busySince: world.now - run.for } as unknown as Worker
      held.set(worker, run.held * MIB)
      return worker
    }),
  })
  const fits = (group: Member, ...others: Member[]) => {
    // What was read holds for a moment.
    world.now += 200
    groups = [group, ...others]
    return room.findLack(group) === null
  }
  /** How many of these groups may make a sandbox at the same moment. */
  const admit = (asking: readonly Member[]) => {
    const copies = asking.map((group) => ({ ...group, starting: 0 }))
    groups = copies
    return copies.filter((group) => {
      if (room.findLack(group) !== null) return false
      room.promise(group)
      group.starting += 1
      return true
    }).length
  }
  return { world, room, member, fits, admit }
}

test('on a machine with room, runs whose needs are not known start side by side', (t) => {
  const { member, fits } = open(t, { free: 16_000, total: 24_000 })
  const runs = Array.from({ length: 30 }, () => ({ for: 100, held: 10 }))
  assert.ok(fits(member({ runs })))
  // Those that have settled count as what they hold, which is in what is free.
  const settled = Array.from({ length: 120 }, () => ({ for: 5_000, held: 10 }))
  assert.ok(fits(member({ runs: settled })))
})

test('in 700 MB, runs of 280 MiB start one after the other, and those of 20 MiB beside each other', (t) => {
  const { room, member, fits } = open(t, { free: 480, total: 700 })
  const large = { workflow: 'wf_large' }
  assert.equal(fits(member({ ...large, runs: [{ for: 2_000, held: 10 }] })), true)
  room.learn('wf_large', 280 * MIB)
  assert.equal(fits(member(large)), true)
  assert.equal(fits(member({ ...large, starting: 1 })), false)
  // It has not taken yet what others of its workflow have needed.
  assert.equal(fits(member({ ...large, runs: [{ for: 60_000, held: 20 }] })), false)
  room.learn('wf_small', 20 * MIB)
  const small = Array.from({ length: 12 }, () => ({ for: 10, held: 0 }))
  assert.equal(fits(member({ workflow: 'wf_small', runs: small })), true)
  assert.equal(fits(member({ workflow: 'wf_small', runs: small }), member({ ...large, starting: 1 })), false)
})

test('sandboxes that are asked for in the same moment count at once', (t) => {
  const { world, room, member, admit } = open(t, { free: 480, total: 700 })
  const groups = Array.from({ length: 6 }, (_, index) => member({ workflow: `wf_${index}` }))
  for (const { spec } of groups) room.learn(spec.workflowId, 100 * MIB)
  assert.equal(admit(groups), 4)
  world.now += 200
  world.free = 4_000
  assert.equal(admit(groups), 6)
})

test('a run that holds much makes the others of its workflow wait, before any has ended', (t) => {
  const { world, member, fits } = open(t, { free: 480, total: 700 })
  assert.equal(fits(member({ runs: [{ for: 2_000, held: 10 }] })), true)
  world.free = 200
  assert.equal(fits(member({ waiting: 60_000, runs: [{ for: 2_000, held: 280 }] })), false)
})

test('a workflow whose needs are not known is tried after some time', (t) => {
  const { world, room, member, fits } = open(t, { free: 250, total: 700 })
  room.learn('wf_large', 280 * MIB)
  const large = member({ workflow: 'wf_large', runs: [{ for: 60_000, held: 280 }] })
  assert.equal(fits(member({ workflow: 'wf_new', waiting: 9_000 }), large), false)
  assert.equal(fits(member({ workflow: 'wf_new', waiting: 11_000 }), large), true)
  world.free = 100
  assert.equal(fits(member({ workflow: 'wf_new', waiting: 11_000 }), large), false)
})

test('where other programs fill the memory, functions have a quarter of the machine all the same', (t) => {
  const { room, member, fits } = open(t, { free: 0, total: 8_000 })
  room.learn('wf_1', 100 * MIB)
  const runs = (count: number) => Array.from({ length: count }, () => ({ for: 5_000, held: 100 }))
  assert.equal(fits(member({ runs: runs(19) })), true)
  assert.equal(fits(member({ runs: runs(20) })), false)
})

test('a high peak counts for some runs, then less', (t) => {
  const { room, member, fits } = open(t, { free: 480, total: 700 })
  room.learn('wf_1', 400 * MIB)
  const second = () => fits(member({ runs: [{ for: 5_000, held: 20 }] }))
  assert.equal(second(), false)
  for (let runs = 0; runs < 20; runs += 1) room.learn('wf_1', 20 * MIB)
  assert.equal(second(), true)
})

test('where the kernel does not say what is free, everything fits', () => {
  const room = new MemoryRoom({ groups: () => [], read: () => null, heldBy: () => 0 })
  assert.equal(room.findLack({} as unknown as Member), null)
})
