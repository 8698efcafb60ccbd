/** How long runs are kept: through the API, and by the server itself. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startServer } from '../../../helpers/server.ts'
import { callHook, createCatch, must, runOf, type WorkflowBody } from '../../../helpers/workflows.ts'

const server = await startServer({ env: { WORKFLOWS_RETENTION_DAYS: '14', WORKFLOWS_RETENTION_MIB: '100' } })
after(() => server.close())

const patch = (workflow: WorkflowBody, body: unknown) =>
  server.api<WorkflowBody>('PATCH', `/api/workflows/${workflow.id}`, body)

test('a workflow sets how long and how much it keeps, or uses that of the server, which the API shows', async () => {
  const source = 'def workflow(r, s):\n    pass\n'
  const workflow = await createCatch(server, { source, retention_days: 7 })
  const made = await must(server.api<WorkflowBody>('GET', `/api/workflows/${workflow.id}`), 200)
  assert.deepEqual([made.retention_days, made.retention_bytes], [7, null])
  const changed = await must(patch(workflow, { retention_days: null, retention_bytes: 5 * 1024 * 1024 }), 200)
  assert.deepEqual([changed.retention_days, changed.retention_bytes], [null, 5 * 1024 * 1024])
  const system = await must(server.api<{ retention: unknown }>('GET', '/api/system'), 200)
  assert.deepEqual(system.retention, { days: 14, bytes: 100 * 1024 * 1024 })
  for (const bad of [
    { retention_days: 0 },
    { retention_days: 1.5 },
    { retention_bytes: 1000 },
    { retention_days: '7' },
  ]) {
    assert.equal((await patch(workflow, bad)).status, 400, JSON.stringify(bad))
  }
})

test('Prometheus sees what was deleted and how large the database is', async () => {
  const workflow = await createCatch(server, { source: 'def workflow(r, s):\n    pass\n' })
  const run = await runOf(server, await callHook(workflow, {}))
  const { text } = await server.api('GET', '/metrics')
  assert.match(text, /^workflows_retention_deleted_runs_total 0$/m)
  assert.ok(Number(/^workflows_database_bytes (\d+)$/m.exec(text)?.[1]) > 4096, text)
  assert.equal((await server.api('GET', `/api/runs/${run.id}`)).status, 200, 'what is young stays')
})
