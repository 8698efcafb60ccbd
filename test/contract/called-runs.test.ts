/**
 * Runs that other runs called: in tests and trials, what people may call and see, lanes, and how many. One language
 * runs on each engine.
 */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { bodyOf, ended, make, makeScript, OK, runIdOf, settingOf, stepsOf, textsOf } from '../helpers/durable.ts'
import { createPerson } from '../helpers/roles.ts'
import { onSharedServers, type SharedServer } from '../helpers/shared-servers.ts'
import { tryOut } from '../helpers/trials.ts'
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
    make,
    each: `print("begin")
x = [step("draw", lambda: 7)]
for given in _request["given"]:
    try:
        x.append(run(_request["name"], given)["body"])
    except RunFailed as error:
        x.append([error.code, error.message])
    print("between")
${OK}`,
    sizes: `x = [len(run(_request["name"], _request["given"][0])["body"])]
try:
    run(_request["name"], _request["given"][1])
except RunFailed as error:
    x.append(error.message)
${OK}`,
    together: `import asyncio
async def all():
    return await asyncio.gather(*[run(_request["name"], request, name="%d" % n) for n, request in enumerate(_request["given"])])
x = [end.get("body", end.get("result")) for end in asyncio.run(all())]
${OK}`,
  },
  PostgreSQL: {
    make: makeScript,
    each: `console.log('begin')
const x = [await step('draw', () => 7)]
for (const given of request.fields.given) {
  try {
    x.push((await run(request.fields.name, given)).body)
  } catch (error) {
    if (!(error instanceof RunFailed)) throw error
    x.push([error.code, error.message])
  }
  console.log('between')
}
return answer(x)`,
    sizes: `const { given, name } = request.fields
const x = [(await run(name, given[0])).body.length]
try {
  await run(name, given[1])
} catch (error) {
  x.push(error.message)
}
return answer(x)`,
    together: `const { given, name } = request.fields
const ends = await Promise.all(given.map((one, n) => run(name, one, { name: String(n) })))
return answer(ends.map(({ body, result }) => body ?? result))`,
  },
} as const

const CALLED = `
import http.client, time
def workflow(_request, settings):
    print(time.time())
    settings["last"] = _request["n"]
    if _request.get("fail"):
        raise ValueError("cannot store " + _request["email"])
    if _request.get("connect"):
        try:
            http.client.HTTPConnection("127.0.0.1", 1).request("GET", "/")
        except PermissionError:
            return {"status_code": 200, "body": "refused"}
        except OSError:
            return {"status_code": 200, "body": "sent"}
    print(time.time())
    return {"status_code": 200, "body": "%s %s" % (_request["n"], _request.get("email"))}
`
const EMAIL = 'jane.doe@example.com'
const PRIVACY = { redact: [{ path: 'body.email', in: ['request', 'answer', 'logs'], with: 'mask' }], identify: [] }

onSharedServers((share, engine) => {
  const code = CODES[engine]
  let server: SharedServer
  before(async () => {
    server = await share()
  })
  after(() => server?.close())

  const get = async (id: string): Promise<RunBody> => must(server.api<RunBody>('GET', `/api/runs/${id}`), 200)
  const call = async (workflow: WorkflowBody, body: object) => runIdOf(await callHook(workflow, body))
  const testOf = async ({ id }: WorkflowBody, body: object) => {
    const asked = { version: 1, keep_settings: false, request: { body } }
    return await must(server.api<RunBody>('POST', `/api/workflows/${id}/runs`, asked), 200)
  }
  const runsOf = async ({ id }: WorkflowBody, query = '') =>
    (await must(server.api<{ data: RunBody[] }>('GET', `/api/workflows/${id}/runs?limit=200${query}`), 200)).data

  test('ST104 a test executes the runs that it calls as tests, and goes on with their ends', async () => {
    const called = await createCatch(server, { source: CALLED })
    const caller = await code.make(server, code.each)
    const given = [{ n: 1 }, { n: 2, fail: true, email: 'x' }, { n: 3 }]
    const run = await testOf(caller, { name: called.id, given })
    assert.deepEqual([run.status, run.trigger, run.code], ['succeeded', 'test', null], String(run.message))
    assert.deepEqual(bodyOf(run), [7, '1 None', ['exception', 'ValueError: cannot store x'], '3 None'])
    assert.deepEqual(await textsOf(server, run.id), ['begin', 'between', 'between', 'between'])
    const steps = await stepsOf(server, run.id)
    assert.deepEqual(
      steps.map(({ kind, status }) => [kind, status]),
      [
        ['step', 'done'],
        ['run', 'done'],
        ['run', 'failed'],
        ['run', 'done'],
      ],
    )
    const first = await get(steps[1]?.run_id ?? '')
    assert.deepEqual([first.trigger, first.status, first.parent_run_id], ['test', 'succeeded', run.id])
    assert.equal((await runsOf(called)).length, 3)
    assert.equal(await settingOf(server, called, 'last'), undefined)
  })

  test('ST104 a test executes concurrent calls, and one that needs an answer fails the call', async () => {
    const called = await createCatch(server, { source: CALLED })
    const both = await testOf(await code.make(server, code.together), { name: called.id, given: [{ n: 1 }, { n: 2 }] })
    assert.deepEqual(bodyOf(both), ['1 None', '2 None'])
    const asking = await make(server, `x = ask("hire", title="Hire?").choice\n${OK}`)
    const run = await testOf(await code.make(server, code.each), { name: asking.id, given: [{}] })
    assert.deepEqual((bodyOf(run) as string[][])[1]?.[0], 'needs_answer')
    const unknown = await testOf(await code.make(server, code.each), { name: 'unknown', given: [{}] })
    assert.deepEqual((bodyOf(unknown) as string[][])[1]?.[0], 'not_found')
  })

  test('ST104 a trial executes the called run as a test that sends no more than the trial may', async () => {
    const called = await createCatch(server, { source: CALLED })
    const caller = await code.make(server, code.each)
    const id = await call(caller, { name: called.id, given: [{ n: 1, connect: true }] })
    assert.deepEqual(bodyOf(await ended(server, id)), [7, 'sent'])
    const { cases } = await tryOut(server, caller.id, { version: 1, runs: [id], outbound: 'blocked' })
    const found = cases[0]?.differences.map(({ path, old, new: other }) => [path, old, other])
    assert.deepEqual(found, [['/response/body/1', 'sent', 'refused']])
    const tests = await runsOf(called, '&trigger=test')
    assert.deepEqual(
      tests.map(({ parent_run_id }) => parent_run_id),
      [cases[0]?.trial_run_id],
    )
    assert.equal((await runsOf(called, '&trigger=run')).length, 1)
  })

  test('a test that is cancelled cancels the run that it called', async () => {
    const called = await createCatch(server, {
      source: 'import time\ndef workflow(_request, settings):\n    time.sleep(600)\n',
      timeout_seconds: 900,
    })
    const caller = await code.make(server, code.each)
    const asked = { version: 1, keep_settings: false, request: { body: { name: called.id, given: [{}] } } }
    const answer = server.api<RunBody>('POST', `/api/workflows/${caller.id}/runs`, asked)
    const [child] = await until(async () => {
      const runs = await runsOf(called)
      return runs[0]?.status === 'running' && runs
    })
    await must(server.api('POST', `/api/runs/${child?.parent_run_id}/cancel`, {}), 200)
    assert.equal((await must(answer, 200)).status, 'cancelled')
    assert.equal((await get(child?.id ?? '')).status, 'cancelled')
  })

  test('what the privacy rules of a called workflow remove is not shown on the page of the caller', async () => {
    const called = await createCatch(server, { source: CALLED, privacy: PRIVACY })
    const caller = await code.make(server, code.sizes)
    const given = [
      { n: 1, email: EMAIL },
      { n: 2, email: EMAIL, fail: true },
    ]
    const shown = async (id: string) => JSON.stringify([(await get(id)).response, await stepsOf(server, id)])
    const live = await ended(server, await call(caller, { name: called.id, given }))
    const tested = await testOf(caller, { name: called.id, given })
    for (const run of [live, tested]) {
      assert.deepEqual(bodyOf(run), [`1 ${EMAIL}`.length, 'ValueError: cannot store ***'])
      assert.ok(!(await shown(run.id)).includes(EMAIL), await shown(run.id))
      assert.match(await shown(run.id), /1 \*\*\*/)
    }
  })

  test('a restricted workflow is called only by workflows whose editors may all change it', async () => {
    const [lea, max] = [
      await createPerson(server, 'editor', 'called-lea'),
      await createPerson(server, 'editor', 'called-max'),
    ]
    const called = await createCatch(server, { source: CALLED, editors: [lea.id] })
    const endsWith = async (editors: readonly string[] | null) => {
      const caller = await code.make(server, code.each, { editors })
      const request = { name: called.id, given: [{ n: 1 }] }
      const run = editors === null ? await ended(server, await call(caller, request)) : await testOf(caller, request)
      return [(bodyOf(run) as unknown[])[1]].flat()[0]
    }
    for (const editors of [null, [lea.id, max.id]]) assert.equal(await endsWith(editors), 'forbidden')
    assert.equal((await runsOf(called)).length, 0)
    for (const editors of [[lea.id], []]) assert.equal(await endsWith(editors), '1 None')
  })

  test('called runs of one lane run one at a time', async () => {
    const called = await createCatch(server, { source: CALLED, lane: { from: 'body', path: 'who' } })
    const caller = await code.make(server, code.together)
    const given = [1, 2, 3, 4].map((n) => ({ n, who: 'ada' }))
    const run = await ended(server, await call(caller, { name: called.id, given }))
    assert.deepEqual(bodyOf(run), ['1 None', '2 None', '3 None', '4 None'])
    const times: number[][] = []
    for (const { id } of await runsOf(called)) times.push((await textsOf(server, id)).map(Number))
    times.sort(([one = 0], [other = 0]) => one - other)
    assert.deepEqual(
      times.flat(),
      times.flat().toSorted((one, other) => one - other),
    )
  })

  if (engine === 'SQLite')
    test('a run waits for 100 runs at the same time, and starts none of 101', async () => {
      const called = await createPull(server, {
        source: 'def workflow(settings):\n    return "1"\n',
        max_concurrency: 4,
      })
      const caller = await make(server, code.together)
      const given = (count: number) => ({ name: called.id, given: Array.from({ length: count }, () => null) })
      const refused = await ended(server, await call(caller, given(101)))
      assert.deepEqual([refused.status, refused.code], ['failed', 'invalid_step'])
      assert.equal((await runsOf(called)).length, 0)
      const run = await ended(server, await call(caller, given(100)))
      assert.equal(run.status, 'succeeded', String(run.message))
      assert.equal((await runsOf(called)).length, 100)
      assert.equal((bodyOf(run) as unknown[]).length, 100)
    })
})
