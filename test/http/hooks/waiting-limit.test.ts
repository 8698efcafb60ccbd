import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openSql } from '../../helpers/databases.ts'
import { make, OK } from '../../helpers/durable.ts'
import { startServer } from '../../helpers/server.ts'
import { callHook, must, type RunBody } from '../../helpers/workflows.ts'

test('hooks of durable versions answer 429 while 50,000 runs of the workflow wait, and manual runs start', async (t) => {
  const server = await startServer()
  t.after(() => server.close())
  const full = await make(server, `x = 1\n${OK}`)
  const free = await make(server, `x = 1\n${OK}`)
  const sql = await openSql(t, { databaseUrl: null, dataDir: server.dataDir })
  await sql(`insert into runs (id, workflow_id, trigger, status, keep_settings, created_at, parts)
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 50000)
    select 'run_' || i, '${full.id}', 'hook', 'waiting', 1, i, 1 from n`)
  for (const prefer of ['wait=1', 'respond-async']) {
    const refused = await callHook(full, {}, { headers: { prefer } })
    assert.deepEqual([refused.status, refused.body.code], [429, 'busy'])
    assert.equal(refused.headers.get('retry-after'), '60')
    assert.match(String(refused.body.detail), /^50000 runs of this workflow wait/)
    assert.equal(refused.headers.get('workflow-run'), null)
  }
  assert.equal((await callHook(free, {})).status, 200)
  const manual = await must(server.api<RunBody>('POST', `/api/workflows/${full.id}/runs`, {}), 200)
  assert.deepEqual([manual.trigger, manual.status], ['manual', 'succeeded'])
})
