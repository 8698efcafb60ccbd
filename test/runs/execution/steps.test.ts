import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import type { StepCall } from '../../../src/domain/runs/steps.ts'
import type { Workflow } from '../../../src/domain/workflows/workflow.ts'
import { NO_TOKENS, type RunTokens } from '../../../src/runs/connections/tokens.ts'
import { firstPart, openSteps } from '../../../src/runs/execution/steps.ts'
import { createRedactors } from '../../../src/runs/privacy/redact-run.ts'

const call = (number: number, json: string): StepCall => ({
  kind: 'step',
  name: 'n',
  number,
  status: 'done',
  json,
  attempts: 1,
  startedAt: 0,
  patch: { set: new Map(), deleted: [] },
})

/** Opens the steps of a run. `count` returns how many calls were stored. */
function open(tokens: RunTokens = NO_TOKENS) {
  let stored = 0
  const deps = {
    store: {
      runs: {
        commitStep: () => Promise.resolve({ applied: ++stored > 0, settingsError: null, written: [] }),
        suspend: () => Promise.resolve(true),
      },
      workflows: { getEnvironment: () => Promise.resolve(null) },
      decisions: { hashSubject: () => Promise.resolve('') },
      servers: { sharedNow: () => 0 },
    },
    redactors: createRedactors(),
    waitLinks: { of: () => ({ key: '', base: '' }), urlOf: () => '', read: () => null },
    log: pino({ enabled: false }),
    connections: { of: () => Promise.resolve(NO_TOKENS) },
  }
  const part = firstPart('run_1', 'wf_1')
  const workflow = { name: 'Test', connections: [] as readonly string[] } as Workflow
  const started = {
    part,
    stored: [],
    trigger: 'hook',
    workflow,
    code: { source: '', files: {} },
    keepSettings: true,
    kept: null,
    tokens,
  } as const
  const options = { secrets: [], onToken: () => {}, isOver: () => false }
  const { job } = openSteps(deps, { ...started, snapshot: new Map() }, options)
  return { job, count: () => stored }
}

/** Stores calls until one is refused. Returns how many were stored, and the code of the refusal. */
async function fill(json: string): Promise<readonly [number, string | undefined]> {
  const { job, count } = open()
  for (let n = 1; n < 2000; n++) {
    const answer = await job.store(call(n, json))
    if (answer?.error !== null) return [count(), answer?.error.code]
  }
  return [count(), undefined]
}

test('ST08 the 1,001st call and results of more than 16 MiB in all are an invalid_step', async () => {
  assert.deepEqual(await fill('1'), [1000, 'invalid_step'])
  assert.deepEqual(await fill(`"${'x'.repeat(1024 * 1024 - 2)}"`), [16, 'invalid_step'])
})

test('a step that changes the token of a connection is refused, and is not stored', async () => {
  const { job, count } = open(new Map([['google', { accessToken: 'token', setting: '{}' }]]))
  for (const patch of [
    { set: new Map([['google', '1']]), deleted: [] },
    { set: new Map(), deleted: ['google'] },
  ])
    assert.equal((await job.store({ ...call(1, '1'), patch }))?.error?.code, 'invalid_settings')
  assert.equal(count(), 0)
})
