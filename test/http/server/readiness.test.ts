/** What `/readyz` says, by what is wrong. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMeasures } from '../../../src/domain/shared/measures.ts'
import { UserError } from '../../../src/errors.ts'
import { createReadiness } from '../../../src/http/server/readiness.ts'

function setUp({ leaseMs = 30_000 } = {}) {
  const { report, listen } = createMeasures()
  const state = { stopping: false }
  const drain = { isUnderWay: false }
  const answers = { next: (): Promise<void> => Promise.resolve(), asked: 0 }
  const ping = () => {
    answers.asked += 1
    return answers.next()
  }
  const assertReady = createReadiness({
    store: { servers: { ping } },
    runner: { state },
    drain,
    measures: { listen },
    leaseMs,
  })
  return { assertReady, report, state, drain, answers }
}

const refusal = (detail: RegExp) => (error: unknown) =>
  error instanceof UserError &&
  error.status === 503 &&
  error.facts.retryAfterSeconds === 5 &&
  detail.test(error.message)

test('a server that can serve is ready, and one that stops says so', async () => {
  const { assertReady, state } = setUp()
  await assertReady()
  state.stopping = true
  await assert.rejects(assertReady(), refusal(/The server is stopping/))
})

test('a server that serves on before it stops says so', async () => {
  const { assertReady, drain } = setUp()
  drain.isUnderWay = true
  await assert.rejects(assertReady(), refusal(/The server is stopping/))
})

test('a database that fails is named in our words, and never in those of the engine', async () => {
  const { assertReady, answers } = setUp()
  answers.next = () =>
    Promise.reject(new UserError('unavailable', 'The database cannot be used right now: its disk is full.'))
  await assert.rejects(assertReady(), refusal(/its disk is full/))
  answers.next = () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.7:5432'))
  await assert.rejects(assertReady(), refusal(/^The database does not accept writes now\.$/))
})

test('a database that is only slow leaves the server ready while its lease is young, and is asked once at a time', async () => {
  const { assertReady, answers } = setUp()
  answers.next = () => new Promise(() => {})
  await Promise.all([assertReady(), assertReady(), assertReady()])
  assert.equal(answers.asked, 1)
})

test('a database that is silent for half a lease makes the server unready', async () => {
  const { assertReady, answers } = setUp({ leaseMs: 200 })
  answers.next = () => new Promise(() => {})
  await assert.rejects(assertReady(), refusal(/The database has not answered for \d+ s/))
})

test('a server whose clock is too far from that of the database says so, until it is not', async () => {
  const { assertReady, report } = setUp()
  report({ kind: 'clock', problem: "The clock of this server is 31 days ahead of the database's." })
  await assert.rejects(assertReady(), refusal(/31 days ahead of the database's/))
  report({ kind: 'clock', problem: null })
  await assertReady()
})

test('a server that ended its runs is ready again when its lease is', async () => {
  const { assertReady, answers, report } = setUp()
  answers.next = () => new Promise(() => {})
  report({ kind: 'fenced' })
  await assert.rejects(assertReady(), refusal(/could not renew its lease, so it ended its runs/))
  report({ kind: 'lease', problem: null })
  await assertReady()
})
