import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forEachDatabase, openSql, openStore } from '../../helpers/databases.ts'
import { addRun, addWorkflow, FIRST_PAGE, finish, outcome, PERSON } from '../../helpers/store-data.ts'

const RUNS = 60
const BATCH = 50
/** The workflow is restored after the first batch. */
const RESTORES = {
  sqlite: ['create trigger restores after delete on runs begin update workflows set archived = 0; end'],
  postgres: [
    `create function restore() returns trigger language plpgsql as
     $$ begin update workflows set archived = 0; return null; end $$`,
    'create trigger restores after delete on runs for each statement execute function restore()',
  ],
}

forEachDatabase(({ engine, createDatabase }) => {
  test('a workflow that is restored while it is deleted keeps its other runs', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const { id } = await addWorkflow(store, { archived: true })
    for (let at = 1; at <= RUNS; at += 1) await finish(store, await addRun(store, id, { createdAt: at }), outcome())
    const sql = await openSql(t, options)
    for (const statement of RESTORES[engine]) await sql(statement)
    const entry = { at: 1000, by: PERSON, action: 'workflow.delete', workflowId: null, detail: id } as const
    assert.equal(await store.upkeep.deleteWorkflow(id, entry), 'not_archived')
    assert.equal((await store.runs.list({ workflowId: id }, FIRST_PAGE)).data.length, RUNS - BATCH)
  })
})
