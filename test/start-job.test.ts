import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import { startJob } from '../src/start-job.ts'
import { createMovedClock } from './helpers/moved-clock.ts'

const silent = pino({ level: 'silent' })

test('a job runs when it starts, and again after its pause', async () => {
  const clock = createMovedClock()
  const runs: number[] = []
  const run = async () => void runs.push(clock.now())
  const job = startJob({ name: 'count', everyMs: 1000, run, clock, log: silent })
  await job.first
  await clock.move(2500)
  await job.close()
  await clock.move(5000)
  assert.deepEqual(runs, [0, 1000, 2000])
})

test('a run may choose the pause before the next one', async () => {
  const clock = createMovedClock()
  const runs: number[] = []
  const run = async () => runs.push(clock.now()) * 10
  const job = startJob({ name: 'count', everyMs: 1000, run, clock, log: silent })
  await clock.move(60)
  await job.close()
  assert.deepEqual(runs, [0, 10, 30, 60])
})

test('a failed run is logged, and the job continues', async () => {
  const clock = createMovedClock()
  const lines: string[] = []
  const log = pino({}, { write: (line: string) => void lines.push(line) })
  let runs = 0
  const run = async () => {
    runs += 1
    if (runs === 1) throw new Error('no connection')
  }
  const job = startJob({ name: 'count', everyMs: 1000, run, clock, log })
  await clock.move(1000)
  await job.close()
  assert.equal(runs, 2)
  assert.equal(lines.length, 1)
  assert.match(lines[0] ?? '', /no connection.*could not count; trying again/)
})

test('only the leader runs a job that asks for one, and another server takes over from it', async () => {
  const clock = createMovedClock()
  let isLeader = false
  let runs = 0
  const run = async () => {
    runs += 1
  }
  const job = startJob({ name: 'count', everyMs: 300_000, run, leads: async () => isLeader, clock, log: silent })
  await clock.move(60_000)
  assert.equal(runs, 0)
  isLeader = true
  await clock.move(30_000)
  assert.equal(runs, 1)
  await job.close()
})

test('a job that closes signals its run and waits for it', async () => {
  const clock = createMovedClock()
  const run = (signal: AbortSignal) => clock.sleep(60_000, signal)
  const job = startJob({ name: 'wait', everyMs: 1000, run, clock, log: silent })
  await job.close()
  assert.equal(clock.now(), 0)
})
