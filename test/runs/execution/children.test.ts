import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Outcome } from '../../../src/domain/runs/run.ts'
import type { AskedWait } from '../../../src/domain/runs/steps.ts'
import type { Workflow } from '../../../src/domain/workflows/workflow.ts'
import { UserError } from '../../../src/errors.ts'
import { planChildren } from '../../../src/runs/execution/children.ts'
import { firstPart } from '../../../src/runs/execution/steps.ts'
import { createRedactors } from '../../../src/runs/privacy/redact-run.ts'

/** Plans the call of a workflow in a store that throws `error` when it looks for the workflow. */
function planIn(error: UserError) {
  const deps = {
    store: {
      runs: { countParents: () => Promise.resolve(0) },
      workflows: { findIds: () => Promise.reject(error), get: () => Promise.resolve(null) },
      servers: { sharedNow: () => 0 },
    },
    code: { deployed: () => Promise.reject(error) },
    privacy: { keep: () => Promise.resolve(null) },
    redactors: createRedactors(),
    assertQueueFree: () => Promise.resolve(),
  }
  const parent = {
    part: firstPart('run_1', 'wf_1'),
    workflow: { editors: null } as Workflow,
    kept: null,
    stored: [],
    traceId: null,
  }
  const json = JSON.stringify({ workflow: 'Other', headers: {}, query: {}, body: null })
  const wait = { kind: 'run', name: 'Other', number: 1, json } as AskedWait
  return planChildren(deps, parent, { waits: [wait] } as unknown as Outcome, [])
}

test('a called run fails if its workflow cannot be called', async () => {
  const [child] = await planIn(new UserError('disabled', 'The workflow is disabled.'))
  assert.equal(JSON.parse(child?.end?.json ?? '{}').code, 'disabled')
})

test('a called run does not fail because the database is away: the caller tries again', async () => {
  await assert.rejects(planIn(new UserError('unavailable', 'The database cannot be used right now.')), {
    code: 'unavailable',
  })
})
