/**
 * Runs that call other workflows. One language runs on each engine, because the store knows no languages. Test names
 * begin with the ids of the cases.
 */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { bodyOf, ended, make, makeScript, OK, runIdOf, stepsOf, waiting, wake } from '../helpers/durable.ts'
import { createPerson } from '../helpers/roles.ts'
import { readAnswer } from '../helpers/server.ts'
import { onSharedServers, type SharedServer } from '../helpers/shared-servers.ts'
import {
  callHook,
  createCatch,
  createPull,
  must,
  type RunBody,
  until,
  type WorkflowBody,
} from '../helpers/workflows.ts'

const CODES = {
  SQLite: {
    language: 'python',
    make,
    three: `x = []
end = run(_request["catch"], {"name": "Ada", "n": 12345678901234567890})
x.append([end["status_code"], end["headers"]["x-name"], end["body"]])
try:
    run(_request["catch"], {"name": "Bob", "fail": True})
except RunFailed as error:
    x.append([error.code, error.message, error.run_id[:4]])
x.append(run(_request["pull"])["result"])
${OK}`,
    codes: `x = []
for name in _request["names"]:
    try:
        run(name, name="call")
    except RunFailed as error:
        x.append([error.code, error.run_id])
${OK}`,
    one: `x = run(_request["name"])["body"]
${OK}`,
    both: `import asyncio
async def both():
    return await asyncio.gather(*[run(_request["name"], {"n": n}, name="run %d" % n) for n in range(2)])
x = [end["body"] for end in asyncio.run(both())]
${OK}`,
    twice: `import asyncio
async def both():
    return await asyncio.gather(*[run(_request["name"], {"n": n}) for n in range(2)])
asyncio.run(both())
x = 1
${OK}`,
    failed: 'run(_request["name"])',
    deep: `try:
    x = json.loads(run(settings["__workflow_id"], {"depth": _request["depth"] + 1})["body"])
except RunFailed as error:
    x = [error.code, _request["depth"]]
${OK}`,
  },
  PostgreSQL: {
    language: 'javascript',
    make: makeScript,
    three: `const { catch: first, pull } = request.fields
const x = []
const end = await run(first, { name: 'Ada', n: 1 })
x.push([end.status_code, end.headers['x-name'], end.body])
try {
  await run(first, null, { requestOf: { body: { name: 'Bob', fail: true } } })
} catch (error) {
  if (!(error instanceof RunFailed)) throw error
  x.push([error.code, error.message, error.runId.slice(0, 4)])
}
x.push((await run(pull)).result)
return answer(x)`,
    codes: `const x = []
for (const name of request.fields.names)
  try {
    await run(name, undefined, { name: 'call' })
  } catch (error) { x.push([error.code, error.runId]) }
return answer(x)`,
    one: 'return answer((await run(request.fields.name)).body)',
    both: `const both = [0, 1].map((n) => run(request.fields.name, { n }, { name: \`run \${n}\` }))
return answer((await Promise.all(both)).map(({ body }) => body))`,
    twice: `await Promise.all([0, 1].map((n) => run(request.fields.name, { n })))
return answer(1)`,
    failed: 'await run(request.fields.name)',
    deep: '',
  },
} as const

const CHILD = `def workflow(_request, settings):
    if _request.get("fail"):
        raise ValueError("no " + _request["name"])
    return {"status_code": 201, "headers": {"x-name": _request["name"]}, "body": str(_request["n"])}
`
const PULL = 'def workflow(settings):\n    return "pulled"\n'

onSharedServers((share, engine) => {
  const { language, ...code } = CODES[engine]
  let server: SharedServer
  before(async () => {
    server = await share()
  })
  after(() => server?.close())

  const get = async (id: string): Promise<RunBody> => (await server.api<RunBody>('GET', `/api/runs/${id}`)).body
  const call = async (workflow: WorkflowBody, body: object) => runIdOf(await callHook(workflow, body))
  /** Returns the id of the run that a run waits for. */
  const childOf = async (id: string): Promise<string> => {
    const [wait] = (await waiting(server, id)).waiting_for as { run_id: string }[]
    return wait?.run_id ?? ''
  }
  const runsOf = async ({ id }: WorkflowBody) =>
    (await must(server.api<{ data: RunBody[] }>('GET', `/api/workflows/${id}/runs`), 200)).data

  test(`ST85 a run calls other workflows, by name and by id, and gets their ends (${language})`, async () => {
    const called = await createCatch(server, { source: CHILD, name: 'called by its name' })
    const pull = await createPull(server, { source: PULL, timeout_seconds: 60 })
    const caller = await code.make(server, code.three)
    const id = await call(caller, { catch: called.name, pull: pull.id })
    const run = await ended(server, id)
    const n = language === 'python' ? '12345678901234567890' : '1'
    assert.deepEqual(bodyOf(run), [[201, 'Ada', n], ['exception', 'ValueError: no Bob', 'run_'], "'pulled'"])
    assert.deepEqual([run.parts, run.trigger, run.parent_run_id], [4, 'hook', null])
    const steps = await stepsOf(server, id)
    assert.deepEqual(
      steps.map(({ kind, name, status }) => [kind, name, status]),
      [
        ['run', called.name, 'done'],
        ['run', called.name, 'failed'],
        ['run', pull.id, 'done'],
      ],
    )
    assert.deepEqual(steps[1]?.error, { type: 'RunFailed', message: 'exception: ValueError: no Bob' })
    const first = await get(steps[0]?.run_id ?? '')
    assert.deepEqual([first.trigger, first.status, first.parent_run_id], ['run', 'succeeded', id])
    const { headers } = first.request as { headers: [string, string][] }
    assert.deepEqual(headers, [['Content-Type', 'application/json']])
    assert.equal((await runsOf(called)).length, 2)
  })

  test('ST85 the last attempt of a called run counts, and one that waits keeps its caller waiting', async () => {
    const called = await make(server, `sleep("s", days=1)\nx = settings["mended"]\n${OK}`, {
      retries: { count: 5, backoff_seconds: 1 },
    })
    const caller = await code.make(server, code.one)
    const id = await call(caller, { name: called.id })
    const child = await childOf(id)
    await waiting(server, child)
    const [wait] = (await get(id)).waiting_for as Record<string, unknown>[]
    assert.deepEqual([wait?.kind, wait?.name], ['run', called.id])
    await wake(server, child)
    await until(async () => (await get(child)).status === 'failed')
    await must(server.api('PUT', `/api/workflows/${called.id}/settings/mended`, { value: 7 }), 200)
    const run = await ended(server, id)
    assert.deepEqual([run.status, bodyOf(run)], ['succeeded', '7'])
    const attempts = await runsOf(called)
    assert.ok(attempts.length > 1 && attempts.every(({ parent_run_id }) => parent_run_id === id))
  })

  test('ST86 concurrent calls start one run each, and need different names', async () => {
    const called = await createCatch(server, { source: CHILD.replace('"x-name": _request["name"]', '') })
    const both = await call(await code.make(server, code.both), { name: called.id })
    assert.deepEqual(bodyOf(await ended(server, both)), ['0', '1'])
    assert.equal((await runsOf(called)).length, 2)
    const twice = await ended(server, await call(await code.make(server, code.twice), { name: called.id }))
    assert.deepEqual([twice.status, twice.code], ['failed', 'invalid_step'])
    assert.equal((await runsOf(called)).length, 2)
  })

  test('ST87 a workflow that cannot run fails the call with the reason', async () => {
    const archived = await createCatch(server, { source: CHILD })
    await must(server.api('PATCH', `/api/workflows/${archived.id}`, { archived: true }), 200)
    const disabled = await createCatch(server, { source: CHILD })
    await must(server.api('PATCH', `/api/workflows/${disabled.id}`, { enabled: false }), 200)
    const draft = await must(server.api<WorkflowBody>('POST', '/api/workflows', { name: 'draft', kind: 'catch' }), 201)
    const twins = [await createCatch(server, { source: CHILD, name: 'twin' })]
    twins.push(await createCatch(server, { source: CHILD, name: 'twin' }))
    const names = ['unknown', archived.id, disabled.id, draft.id, 'twin']
    const run = await ended(server, await call(await code.make(server, code.codes), { names }))
    assert.deepEqual(bodyOf(run), [
      ['not_found', null],
      ['archived', null],
      ['disabled', null],
      ['not_deployed', null],
      ['conflict', null],
    ])
    const failed = await ended(server, await call(await code.make(server, code.failed), { name: 'unknown' }))
    assert.deepEqual([failed.status, failed.code], ['failed', 'exception'])
    assert.match(
      String(failed.message),
      /^RunFailed: run\(.unknown.\) failed: not_found: There is no workflow "unknown"/,
    )
  })

  if (engine === 'SQLite')
    test('ST87 runs of runs are at most 10 deep', async () => {
      const workflow = await make(server, code.deep)
      const run = await ended(server, await call(workflow, { depth: 0 }))
      assert.deepEqual(bodyOf(run), ['too_deep', 10])
    })

  test('ST88 a run that is cancelled cancels the runs that it waits for, at each depth', async () => {
    const last = await make(server, `sleep("s", days=1)\nx = 1\n${OK}`)
    const middle = await make(server, `x = run(settings["last"])["body"]\n${OK}`, { settings: { last: last.id } })
    const id = await call(await code.make(server, code.one), { name: middle.id })
    const child = await childOf(id)
    const grandchild = await childOf(child)
    await waiting(server, grandchild)
    await must(server.api('POST', `/api/runs/${id}/cancel`, {}), 200)
    for (const one of [id, child, grandchild]) assert.equal((await ended(server, one)).status, 'cancelled')
    assert.equal((await stepsOf(server, id))[0]?.status, 'failed')
  })

  test('ST76 the person who started a run answers no task of a run that it called', async () => {
    const owner = await createPerson(server, 'owner', 'olga')
    const kim = await createPerson(server, 'editor', 'kim')
    const called = await make(server, `x = ask("hire", title="Hire?", to=["kim@example.com", "owners"]).choice\n${OK}`)
    const caller = await code.make(server, code.one)
    const as = async (headers: Readonly<Record<string, string>>, path: string, body: object) => {
      const sent = { ...headers, 'content-type': 'application/json', prefer: 'respond-async' }
      const init = { method: 'POST', headers: sent, body: JSON.stringify(body) }
      return await readAnswer<RunBody>(await fetch(new URL(path, server.url), init))
    }
    const started = as(kim.sender, `/api/workflows/${caller.id}/runs`, { request: { body: { name: called.id } } })
    const { id } = await must(started, 202)
    const child = await childOf(id)
    const [wait] = (await waiting(server, child)).waiting_for as { task_id: string }[]
    const path = `/api/tasks/${wait?.task_id}/answer`
    const refused = await as(kim.sender, path, { choice: 'approve' })
    assert.deepEqual([refused.status, refused.body.code], [403, 'may_not_answer'])
    await must(as(owner.sender, path, { choice: 'approve' }), 200)
    assert.equal(bodyOf(await ended(server, id)), '"approve"')
  })
})
