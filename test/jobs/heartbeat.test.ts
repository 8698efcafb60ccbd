/** A heartbeat with a clock that the test moves. Leases of real servers: leases.test.ts. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import { type HeartbeatOptions, startHeartbeat } from '../../src/jobs/heartbeat.ts'
import { createMovedClock } from '../helpers/moved-clock.ts'

/** What a heartbeat did to its runner, and a store whose renewals take what the test says, then nothing. */
function pretend(renewals: readonly (() => Promise<void>)[], clock = createMovedClock()) {
  const done: string[] = []
  let renewed = 0
  const store: HeartbeatOptions['store'] = {
    servers: {
      async heartbeat() {
        renewed += 1
        await renewals[renewed - 1]?.()
        done.push('renewed')
      },
      sharedNow: () => 0,
      clockProblem: () => null,
    },
    runs: { recoverLost: async () => [], listCancelRequests: async () => [] },
    upkeep: { trustedNow: async (now) => now },
    sweep: async () => 0,
  }
  const runner: HeartbeatOptions['runner'] = {
    fence: () => void done.push('fenced'),
    unfence: () => void done.push('open'),
    hold(why) {
      if (why !== null) done.push(why)
    },
    async wake() {},
    cancelHere() {},
    state: { stopping: false, running: 0, waiting: 0 },
    trials: { adopt: async () => {} },
  }
  const log = pino({ level: 'silent' })
  const deployments = { adopt: async () => {} }
  return { done, clock, options: { store, runner, deployments, log, clock, leaseMs: 6000, isShared: true } }
}

test('a renewal that takes half the lease costs no server its runs: the next one follows immediately', async () => {
  const clock = createMovedClock()
  const { done, options } = pretend([() => clock.sleep(6400)], clock)
  const starting = startHeartbeat({ ...options, leaseMs: 12_000 })
  await clock.move(6400)
  const heartbeat = await starting
  // Past the moment at which the first renewal would end.
  await clock.move(4500)
  await heartbeat.close()
  assert.deepEqual(done, ['fenced', 'renewed', 'open', 'renewed', 'open', 'renewed', 'open'])
})

test('a server whose renewal takes longer than its lease starts no runs until it is renewed', async () => {
  const clock = createMovedClock()
  const { done, options } = pretend([async () => {}, () => clock.sleep(8000)], clock)
  const heartbeat = await startHeartbeat(options)
  await clock.move(4999)
  assert.deepEqual(done, ['fenced', 'renewed', 'open'])
  await clock.move(1)
  assert.deepEqual(done.slice(3), ['fenced'])
  await clock.move(5000)
  await heartbeat.close()
  assert.deepEqual(done.slice(4, 6), ['renewed', 'open'])
})

test('a server runs nothing before it has renewed the lease that it took when it began to start', async () => {
  const { done, clock, options } = pretend([() => Promise.reject(new Error('no connection'))])
  const heartbeat = await startHeartbeat(options)
  assert.deepEqual(done, ['fenced'])
  await clock.move(1000)
  await heartbeat.close()
  assert.deepEqual(done, ['fenced', 'renewed', 'open'])
})

test('old rows are deleted by the clock of the database, not by that of a server a month ahead', async () => {
  const { options } = pretend([], createMovedClock(31 * 24 * 3600 * 1000))
  const swept: number[] = []
  const sweep = async (now: number) => swept.push(now) * 0
  const heartbeat = await startHeartbeat({ ...options, store: { ...options.store, sweep } })
  await heartbeat.poll()
  await heartbeat.close()
  assert.deepEqual(swept, [0])
})

test('while the clock is too far from that of the database, no runs are taken in and nothing is deleted', async () => {
  const { done, clock, options } = pretend([])
  let problem: string | null = 'The clock is wrong.'
  const sweep = async () => done.push('swept') * 0
  const servers = { ...options.store.servers, clockProblem: () => problem }
  const store = { ...options.store, sweep, servers }
  const heartbeat = await startHeartbeat({ ...options, store })
  await heartbeat.poll()
  await clock.move(1999)
  assert.deepEqual(done, ['fenced', 'renewed', 'The clock is wrong.', 'open'])
  problem = null
  await clock.move(1000)
  await heartbeat.close()
  assert.ok(done.includes('swept'))
})

test('old rows are not deleted by a clock that went far ahead, and the log says so once', async () => {
  const { clock, options } = pretend([])
  const swept: number[] = []
  const lines: string[] = []
  const store = {
    ...options.store,
    servers: { ...options.store.servers, sharedNow: () => 31 * 24 * 3600_000 },
    upkeep: { trustedNow: async () => 5 },
    sweep: async (now: number) => swept.push(now) * 0,
  }
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) })
  const heartbeat = await startHeartbeat({ ...options, store, log })
  await heartbeat.poll()
  await clock.move(6000)
  await heartbeat.close()
  assert.ok(swept.length >= 3)
  assert.deepEqual([...new Set(swept)], [5])
  assert.equal(lines.filter((line) => /went ahead by 744 h/.test(line)).length, 1)
})
