/**
 * What is posted to the URLs of waiting runs: Python functions on SQLite, TypeScript functions on PostgreSQL. Test names
 * begin with the ids of acceptance cases.
 */

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { ended, make, makeScript, OK, runIdOf, settingOf, stepsOf, waiting, wake } from '../helpers/durable.ts'
import { type SharedServer, shareServer } from '../helpers/shared-servers.ts'
import { callHook, must, type RunBody, until, type WorkflowBody } from '../helpers/workflows.ts'

const LANGUAGES = {
  python: {
    share: () => shareServer('SQLite'),
    make,
    one: `step("send", lambda: settings.__setitem__("url", url_of("signed é")))
event = wait_for("signed é", within="30d")
x = [event.name, event["n"], event.headers["x-a"], event.received_at.year > 2000]
${OK}`,
    early: `step("send", lambda: settings.__setitem__("urls", [url_of("a"), url_of("b")]))
sleep("s", days=1)
x = wait_for("a", within="1h")["n"]
${OK}`,
    either: `event = wait_for(["a", "b"], within="1h")
x = [event.name, event["n"]]
sleep("s", days=1)
x.append(event.name)
${OK}`,
    caught: `try:
    wait_for("a", within="1s")
except TimedOut as error:
    x = str(error)
sleep("s", days=1)
${OK}`,
    open: `step("send", lambda: settings.__setitem__("url", url_of("a")))
wait_for(["a", "b"], within=settings.get("within") or "1s")`,
    twice: 'wait_for("a", within="1h")\nwait_for("a", within="1h")',
    within: 'wait_for("a", within="367d")',
  },
  javascript: {
    share: () => shareServer('PostgreSQL'),
    make: makeScript,
    one: `await step('send', () => { settings.url = urlOf('signed é') })
const event = await waitFor('signed é', { within: '30d' })
return answer([event.name, event.n, event.headers['x-a'], event.receivedAt.getFullYear() > 2000])`,
    early: `await step('send', () => { settings.urls = [urlOf('a'), urlOf('b')] })
await sleep('s', { days: 1 })
return answer((await waitFor('a', { within: '1h' })).n)`,
    either: `const event = await waitFor(['a', 'b'], { within: '1h' })
const x = [event.name, event.n]
await sleep('s', { days: 1 })
return answer([...x, event.name])`,
    caught: `let x
try { await waitFor('a', { within: '1s' }) } catch (error) { x = error instanceof TimedOut && error.message }
await sleep('s', { days: 1 })
return answer(x)`,
    open: `await step('send', () => { settings.url = urlOf('a') })
await waitFor(['a', 'b'], { within: settings.within ?? '1s' })`,
    twice: "await waitFor('a', { within: '1h' })\nawait waitFor('a', { within: '1h' })",
    within: "await waitFor('a', { within: '367d' })",
  },
} as const

type Wait = { kind: string; name: string; url: string | null }

const JSON_TYPE = { 'content-type': 'application/json' }
const post = async (url: string, body: string = '{"n": 1}', headers: Record<string, string> = JSON_TYPE) => {
  const response = await fetch(url, { method: 'POST', body, headers })
  return [response.status, JSON.parse(await response.text())] as const
}
const bodyOf = ({ response }: RunBody): unknown => JSON.parse((response as { body: string }).body)

for (const [language, code] of Object.entries(LANGUAGES))
  describe(language, { concurrency: false }, () => {
    let server: SharedServer
    before(async () => {
      server = await code.share()
    })
    after(() => server?.close())

    const call = async (workflow: WorkflowBody) => runIdOf(await callHook(workflow, {}))
    const urlsOf = async (id: string): Promise<string[]> => {
      const run = await waiting(server, id)
      return (run.waiting_for as Wait[]).map(({ url }) => url ?? '')
    }

    test('ST60 ST61 ST62 ST63 a POST to the URL ends the wait, and counts once', async () => {
      const workflow = await code.make(server, code.one)
      const id = await call(workflow)
      const [url = ''] = await urlsOf(id)
      assert.equal(await settingOf(server, workflow, 'url'), url)
      const list = await must(
        server.api<{ data: RunBody[] }>('GET', `/api/runs?status=waiting&waiting_for=signed%20é`),
        200,
      )
      assert.deepEqual(
        list.data.map((run) => [run.id, (run.waiting_for as Wait[])[0]?.url]),
        [[id, url]],
      )
      for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT'])
        assert.equal((await fetch(url, { method })).status, 405, method)
      const [status] = await post(url.slice(0, -1) + (url.endsWith('0') ? '1' : '0'))
      assert.equal(status, 404)
      for (const [expected, body, type] of [
        [400, '{', 'application/json'],
        [415, 'x', 'text/plain'],
        [413, `"${'x'.repeat(1024 * 1024)}"`, 'application/json'],
      ] as const)
        assert.equal((await post(url, body, { 'content-type': type }))[0], expected)
      assert.equal((await waiting(server, id)).parts, 1)
      const all = await Promise.all(
        [...Array(10).keys()].map((n) => post(url, JSON.stringify({ n }), { ...JSON_TYPE, 'X-A': `a${n}` })),
      )
      const first = all.findIndex(([code]) => code === 202)
      assert.deepEqual(
        all.map(([code, body]) => [code, body]),
        all.map((_, n) =>
          n === first ? [202, { status: 'received', run_id: id }] : [200, { status: 'already_received', run_id: id }],
        ),
      )
      const run = await ended(server, id)
      assert.deepEqual(bodyOf(run), ['signed é', first, `a${first}`, true])
      assert.deepEqual([run.parts, run.status], [2, 'succeeded'])
      assert.deepEqual(
        (await stepsOf(server, id)).map(({ kind, name, status, result }) => [kind, name, status, result]),
        [
          ['step', 'send', 'done', null],
          ['event', 'signed é', 'done', { n: first }],
        ],
      )
      assert.equal((await post(url))[0], 200)
    })

    test('ST60 what comes before the wait is kept, and a wake ends no wait', async () => {
      const workflow = await code.make(server, code.early)
      const id = await call(workflow)
      await waiting(server, id)
      const [a = '', b = ''] = (await settingOf(server, workflow, 'urls')) as string[]
      assert.equal((await post(a, '{"n": 7}'))[0], 202)
      assert.equal((await post(a, '{"n": 8}'))[0], 200)
      assert.equal((await waiting(server, id)).parts, 1)
      await wake(server, id)
      const run = await ended(server, id)
      assert.equal(bodyOf(run), 7)
      assert.equal((await post(b))[0], 410)
      const other = await call(workflow)
      await waiting(server, other)
      await wake(server, other)
      const [url = ''] = await urlsOf(other)
      assert.equal((await server.api('POST', `/api/runs/${other}/wake`, {})).status, 409)
      const given = await server.api('POST', `/api/runs/${other}/events/a`, { body: { n: 9 } })
      assert.deepEqual([given.status, given.body], [202, { status: 'received', run_id: other }])
      assert.equal(bodyOf(await ended(server, other)), 9)
      assert.equal((await post(url))[0], 200)
    })

    test('ST67 of several names the first one that comes counts', async () => {
      const id = await call(await code.make(server, code.either))
      const [a = '', b = ''] = await urlsOf(id)
      assert.equal((await post(b, '{"n": 2}'))[0], 202)
      assert.equal((await post(a))[0], 410)
      await waiting(server, id)
      await wake(server, id)
      assert.deepEqual(bodyOf(await ended(server, id)), ['b', 2, 'b'])
      assert.deepEqual(
        (await stepsOf(server, id)).map(({ name, status }) => [name, status]),
        [
          ['a', 'timed_out'],
          ['b', 'done'],
          ['s', 'done'],
        ],
      )
    })

    test('ST66 ST68 ST70 a wait that is over raises TimedOut', async () => {
      const caught = await call(await code.make(server, code.caught))
      const workflow = await code.make(server, code.open, { retries: { count: 1, backoff_seconds: 1 } })
      const open = await call(workflow)
      const run = await ended(server, open)
      assert.deepEqual([run.status, run.code], ['failed', 'wait_timed_out'])
      assert.match(run.message ?? '', /TimedOut: nothing came in time for .a. or .b./)
      assert.equal((await post(String(await settingOf(server, workflow, 'url'))))[0], 410)
      await must(server.api('PUT', `/api/workflows/${workflow.id}/settings/within`, { value: '7d' }), 200)
      const again = await server.api<RunBody>('POST', `/api/runs/${open}/replay`, { from: 'steps' })
      assert.equal(again.status, 202, again.text)
      const next = await waiting(server, again.body.id)
      assert.deepEqual(
        (next.waiting_for as Wait[]).map(({ name }) => name),
        ['a', 'b'],
      )
      await until(async () => ((await waiting(server, caught)).waiting_for as Wait[])[0]?.kind === 'sleep')
      await wake(server, caught)
      assert.match(String(bodyOf(await ended(server, caught))), /nothing came in time for .a./)
      for (const body of [code.twice, code.within]) {
        const id = await call(await code.make(server, body))
        if (body === code.twice) assert.equal((await post((await urlsOf(id))[0] ?? ''))[0], 202)
        const failed = await ended(server, id)
        assert.deepEqual(
          [failed.code, /used by another wait|from 1s to 366d/.test(failed.message ?? '')],
          ['exception', true],
        )
      }
    })

    test('ST60 ST66 an event that comes before the next attempt waits again is kept', async () => {
      const workflow = await code.make(server, code.open)
      const id = await call(workflow)
      assert.equal((await ended(server, id)).code, 'wait_timed_out')
      await must(server.api('PUT', `/api/workflows/${workflow.id}/settings/within`, { value: '7d' }), 200)
      const next = await must(server.api<RunBody>('POST', `/api/runs/${id}/replay`, { from: 'steps' }), 202)
      assert.equal((await server.api('POST', `/api/runs/${next.id}/events/b`, {})).status, 202)
      assert.equal((await ended(server, next.id)).status, 'succeeded')
      assert.deepEqual(
        (await stepsOf(server, next.id)).map(({ name, status }) => [name, status]),
        [
          ['send', 'done'],
          ['a', 'timed_out'],
          ['b', 'done'],
        ],
      )
    })

    test('ST48 ST92 a cancelled run takes no event, and one of a disabled workflow keeps it', async () => {
      const workflow = await code.make(server, code.one)
      const [first, second] = [await call(workflow), await call(workflow)]
      const [url = ''] = await urlsOf(first)
      await must(server.api('POST', `/api/runs/${first}/cancel`, {}), 200)
      assert.equal((await post(url))[0], 410)
      const [other = ''] = await urlsOf(second)
      await must(server.api('PATCH', `/api/workflows/${workflow.id}`, { enabled: false }), 200)
      assert.equal((await post(other, '{"n": 1}', { ...JSON_TYPE, 'x-a': 'a' }))[0], 202)
      assert.equal((await waiting(server, second)).parts, 1)
      await must(server.api('PATCH', `/api/workflows/${workflow.id}`, { enabled: true }), 200)
      assert.equal((await ended(server, second)).status, 'succeeded')
    })

    test('ST92 a sleep that a person ends goes on when its workflow is enabled', async () => {
      const workflow = await code.make(server, code.early)
      const id = await call(workflow)
      await waiting(server, id)
      await must(server.api('POST', `/api/runs/${id}/events/a`, { body: { n: 1 } }), 202)
      await must(server.api('PATCH', `/api/workflows/${workflow.id}`, { enabled: false }), 200)
      const woken = await must(server.api<RunBody>('POST', `/api/runs/${id}/wake`, {}), 200)
      assert.deepEqual([woken.status, woken.parts], ['waiting', 1])
      await must(server.api('PATCH', `/api/workflows/${workflow.id}`, { enabled: true }), 200)
      assert.equal((await ended(server, id)).status, 'succeeded')
    })

    test('ST92 a workflow with waiting runs is not deleted', async () => {
      const workflow = await code.make(server, code.one)
      await waiting(server, await call(workflow))
      const path = `/api/workflows/${workflow.id}`
      const refused = await server.api('DELETE', path)
      assert.deepEqual([refused.status, refused.body.code, refused.body.waiting], [409, 'waiting_runs', 1])
      for (const [query, body] of [['?cancel_waiting=true'], ['', { cancel_waiting: true }]] as const) {
        const open = await server.api('DELETE', `${path}${query}`, body)
        assert.deepEqual([open.status, open.body.code], [409, 'conflict'])
      }
      assert.equal((await server.api('DELETE', path, { cancel: true })).status, 400)
      assert.equal((await must(server.api('GET', path), 200)).waiting_runs, 1)
      await must(server.api('PATCH', path, { archived: true, cancel_waiting: true }), 200)
      await must(server.api('DELETE', path), 204)
    })

    test('an event of a name that no wait can have is refused', async () => {
      const id = await call(await code.make(server, code.one))
      await waiting(server, id)
      for (const [name, status] of [
        ['', 400],
        ['x'.repeat(201), 400],
        ['😀'.repeat(201), 400],
        ['😀'.repeat(200), 202],
      ] as const)
        assert.equal(
          (await server.api('POST', `/api/runs/${id}/events/${encodeURIComponent(name)}`, {})).status,
          status,
        )
    })

    test('ST104 a test does not wait, and says that it has no answer', async () => {
      const workflow = await code.make(server, code.either)
      const run = await must(
        server.api<RunBody>('POST', `/api/workflows/${workflow.id}/runs`, { version: 1, keep_settings: false }),
        200,
      )
      assert.deepEqual([run.status, run.code], ['failed', 'needs_answer'])
    })
  })
