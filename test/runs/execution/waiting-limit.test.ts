import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Workflow } from '../../../src/domain/workflows/workflow.ts'
import { createWaitingLimit, MAX_WAITING } from '../../../src/runs/execution/waiting-limit.ts'
import type { DatabaseOptions } from '../../../src/store/database/database.ts'
import { forEachDatabase, openSql, openStore } from '../../helpers/databases.ts'
import { addWorkflow } from '../../helpers/store-data.ts'

const CODE = { id: null, source: '', files: {}, durable: true }
const busy = (message: RegExp) => ({ code: 'busy', message })

/** Adds waiting runs to a workflow. */
async function addWaiting(t: TestContext, database: DatabaseOptions, { id }: Workflow, count: number): Promise<void> {
  const run = await openSql(t, database)
  await run(`insert into runs (id, workflow_id, trigger, status, keep_settings, created_at, not_before, parts)
    with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count})
    select 'run_${id}' || i, '${id}', 'hook', 'waiting', 1, i, i, 1 from n`)
}

forEachDatabase(({ createDatabase }) => {
  test('a hook of a durable version answers busy while 50,000 runs of its workflow wait', async (t) => {
    const database = await createDatabase(t)
    const store = await openStore(t, database)
    const [full, free] = [await addWorkflow(store), await addWorkflow(store)]
    let now = 0
    let counts = 0
    const countWaiting = (ids: null) => {
      counts += 1
      return store.runs.countWaiting(ids)
    }
    const assertMayWait = createWaitingLimit({ store: { runs: { countWaiting } }, now: () => now })
    const call = { trigger: 'hook', code: CODE, workflow: full } as const
    await addWaiting(t, database, full, MAX_WAITING.workflow)
    await assertMayWait({ ...call, code: { ...CODE, durable: false } })
    await assertMayWait({ ...call, trigger: 'manual' })
    assert.equal(counts, 0)
    const message = /^50000 runs of this workflow wait, which is the limit/
    await assert.rejects(assertMayWait(call), busy(message))
    await assertMayWait({ ...call, workflow: free })
    assert.ok(await store.together((tx) => tx.runs.requestCancel(`run_${full.id}1`, 1)))
    await assert.rejects(assertMayWait(call), busy(message), 'the count is at most 5 s old')
    assert.equal(counts, 1)
    now = 5000
    await assertMayWait(call)
  })
})

test('a hook of a durable version answers busy while 500,000 runs wait, and counts again after a failure', async () => {
  const counts = new Map(Array.from({ length: 20 }, (_, index) => [`wf_${index}`, MAX_WAITING.workflow / 2]))
  const found = [
    () => Promise.reject(new Error('no database')),
    async () => counts,
    async () => new Map([...counts, ['wf_0', 1]]),
  ]
  let now = 0
  const store = { runs: { countWaiting: () => (found.shift() ?? (async () => counts))() } }
  const assertMayWait = createWaitingLimit({ store, now: () => now })
  const call = { trigger: 'hook', code: CODE, workflow: { id: 'wf_0', runtime: 'python3' } as Workflow } as const
  await assert.rejects(assertMayWait(call), /no database/)
  await assert.rejects(assertMayWait(call), busy(/^500000 runs of this installation wait/))
  now = 5000
  await assertMayWait(call)
})
