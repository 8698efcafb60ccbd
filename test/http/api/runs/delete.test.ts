/** Contract, section 6: deleting runs and workflows. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { type HttpTarget, heldBy, startHttpTarget } from '../../../helpers/http-target.ts'
import { startServer, type TestServer } from '../../../helpers/server.ts'
import { callHook, createCatch, createPull, must, type RunBody, runOf, until } from '../../../helpers/workflows.ts'

const COUNTER = `
def workflow(_request, settings):
    settings["COUNT"] = settings.get("COUNT", 0) + 1
    print("candidate Ada")
    if _request.get("fail"): raise ValueError("no")
    return {"status_code": 200, "body": str(settings["COUNT"])}
`
type Page = { data: RunBody[] }

let target: HttpTarget
let server: TestServer
before(async () => {
  target = await startHttpTarget()
  server = await startServer({ env: { WORKFLOWS_EGRESS_ALLOW: `127.0.0.1:${target.port}` } })
})
after(async () => {
  await server.close()
  target.close()
})

const remove = (path: string) => server.api('DELETE', path)
const removeMany = (body: unknown) =>
  server.api<{ deleted: number; remaining: number }>('POST', '/api/runs/delete', body)

test('a run that has ended is deleted with its log, and the settings keep their history', async () => {
  const workflow = await createCatch(server, { source: COUNTER })
  const [first, second] = [await callHook(workflow, {}), await callHook(workflow, {})]
  const { id } = await runOf(server, second)
  await must(remove(`/api/runs/${id}`), 204)
  await must(server.api('GET', `/api/runs/${id}`), 404)
  await must(server.api('GET', `/api/runs/${id}/logs`), 404)
  await must(remove(`/api/runs/${id}`), 404)
  await runOf(server, first)
  const path = `/api/workflows/${workflow.id}/settings/COUNT/history`
  const history = await must(server.api<{ data: { old: unknown; new: unknown }[] }>('GET', path), 200)
  assert.deepEqual(
    history.data.map((change) => [change.old, change.new]),
    [
      [1, 2],
      [null, 1],
    ],
  )
})

test('a run that has not ended is not deleted', async () => {
  const workflow = await createCatch(server, { source: heldBy(target) })
  const call = callHook(workflow, {})
  const running = await until(async () => {
    const page = await must(server.api<Page>('GET', `/api/workflows/${workflow.id}/runs?status=running`), 200)
    return page.data[0]
  })
  await must(remove(`/api/runs/${running.id}`), 409)
  assert.deepEqual(await must(removeMany({ ids: [running.id] }), 200), { deleted: 0, remaining: 1 })
  target.release()
  assert.equal((await call).status, 200)
})

test('many runs are deleted by id and by filter', async () => {
  const workflow = await createCatch(server, { source: COUNTER })
  const ids: string[] = []
  for (const fail of [true, false, true, false]) ids.push((await runOf(server, await callHook(workflow, { fail }))).id)
  assert.deepEqual(await must(removeMany({ ids: [ids[0], ids[0], 'run_0'] }), 200), { deleted: 1, remaining: 0 })
  const filter = { workflow_id: workflow.id, failing: true }
  assert.deepEqual(await must(removeMany({ filter }), 200), { deleted: 1, remaining: 0 })
  const left = await must(server.api<Page>('GET', `/api/workflows/${workflow.id}/runs`), 200)
  assert.deepEqual(left.data.map(({ id }) => id).sort(), [ids[1], ids[3]].sort())
  const { data } = await must(server.api<{ data: { detail: string }[] }>('GET', '/api/audit?action=runs.delete'), 200)
  assert.deepEqual(
    data.map(({ detail }) => detail),
    ['1 by workflow_id, failing', '1 by id'],
  )
  await must(removeMany({}), 400)
  await must(removeMany({ ids: [], filter: {} }), 400)
  await must(removeMany({ filter: { unknown: 1 } }), 400)
})

test('an archived workflow is deleted with everything that belongs to it', async () => {
  const workflow = await createCatch(server, { source: COUNTER, settings: { KEY: 'value' } })
  const run = await runOf(server, await callHook(workflow, { fail: true }))
  const path = `/api/workflows/${workflow.id}`
  await must(remove(path), 409)
  await must(server.api('PATCH', path, { archived: true }), 200)
  await must(remove(path), 204)
  await must(server.api('GET', path), 404)
  await must(server.api('GET', `/api/runs/${run.id}`), 404)
  assert.equal((await callHook(workflow, {})).status, 404)
  const database = new DatabaseSync(join(server.dataDir, 'workflows.db'), { readOnly: true })
  const tables = database.prepare("select name from sqlite_master where type = 'table'").all()
  for (const { name } of tables) {
    const columns = database.prepare(`select name from pragma_table_info('${name}')`).all()
    if (name === 'audit_log' || !columns.some((column) => column.name === 'workflow_id')) continue
    const { count } =
      database.prepare(`select count(*) as count from ${name} where workflow_id = ?`).get(workflow.id) ?? {}
    assert.equal(count, 0, `the table ${name} still holds rows of the workflow`)
  }
  database.close()
})

test('a pull workflow is deleted with its schedule and ticks', async () => {
  const schedule = { every_seconds: 1 }
  const workflow = await createPull(server, { source: 'def workflow(settings):\n    return "x"\n', schedule })
  const path = `/api/workflows/${workflow.id}`
  await until(async () => (await must(server.api<{ data: unknown[] }>('GET', `${path}/ticks`), 200)).data.length > 0)
  await must(server.api('PATCH', path, { archived: true }), 200)
  await until(async () => (await remove(path)).status === 204)
  await must(server.api('GET', path), 404)
})
