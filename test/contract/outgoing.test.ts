/** Contract, section 12: outgoing HTTP calls of functions as spans of the trace. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type EngineServer, forEachEngine } from '../helpers/engines.ts'
import { type HttpTarget, startHttpTarget } from '../helpers/http-target.ts'
import { tryOut } from '../helpers/trials.ts'
import { declaring } from '../helpers/wheels.ts'
import { callHook, createCatch, logsOf, must, type RunBody, runOf, type WorkflowBody } from '../helpers/workflows.ts'

type Span = {
  id: string
  parent_id: string | null
  name: string
  kind: string
  attributes: Record<string, string | number>
  error: string | null
}

const CALLS = `
import http.client, json, urllib.request
import requests, urllib3
pool = urllib3.PoolManager()
def workflow(request, settings):
    url, path = request["url"], request.get("path", "/x")
    if request["with"] == "requests":
        requests.post(url + path + "?token=in-the-query", data="hello")
    elif request["with"] == "urllib3":
        pool.request("GET", url + path)
    elif request["with"] == "http.client":
        connection = http.client.HTTPConnection(url[7:])
        connection.request("PUT", path, b"12345")
        connection.getresponse().read()
    elif request["with"] == "urllib":
        urllib.request.urlopen(url + path).read()
    elif request["with"] == "nothing there":
        try:
            requests.get("http://127.0.0.1:1/gone")
        except requests.ConnectionError:
            pass
    elif request["with"] == "many":
        with requests.Session() as session:
            for number in range(204):
                session.get(url + "/%d" % number)
    elif request["with"] == "a hanging end":
        requests.get(url + path)
        print("called", flush=True)
        import time
        time.sleep(600)
    return {"status_code": 200, "body": "ok"}
`

/** `OUTGOING_PACKAGES=httpx,aiohttp`, or with versions (`httpx==0.24.1,aiohttp==3.10.11`), where there is a package index. */
const PACKAGES = process.env.OUTGOING_PACKAGES
const FROM_INDEX = { skip: PACKAGES === undefined ? 'OUTGOING_PACKAGES names no packages of an index' : false }
const CLIENTS = `
import asyncio, json
import aiohttp, httpx

async def over_httpx(url, how):
    async with httpx.AsyncClient() as client:
        if how == "stream":
            async with client.stream("GET", url + "/x?a=1") as answer:
                return b"".join([part async for part in answer.aiter_bytes()]).decode()
        return (await client.post(url + "/x", json={"n": 1})).text

async def over_aiohttp(url, how):
    async with aiohttp.ClientSession() as session:
        if how == "get":
            async with session.get(url + "/x", params={"a": "1"}) as answer:
                return json.dumps(await answer.json())
        async with session.post(url + "/x", json={"n": 1}) as answer:
            return await answer.text()

def workflow(request, settings):
    url, (library, _, how) = request["url"], request["with"].partition(" ")
    if library == "aiohttp":
        body = asyncio.run(over_aiohttp(url, how))
    elif library == "asynchronous":
        body = asyncio.run(over_httpx(url, how))
    elif how == "get":
        body = httpx.get(url + "/x?a=1").text
    else:
        with httpx.Client() as client:
            body = client.post(url + "/x", data={"n": "1"}).text
    return {"status_code": 200, "body": body + request.get("more", "")}
`

forEachEngine((start) => {
  let server: EngineServer
  let target: HttpTarget
  let workflow: WorkflowBody
  before(async () => {
    target = await startHttpTarget()
    server = await start({ WORKFLOWS_EGRESS_ALLOW: `127.0.0.1:${target.port}` })
    workflow = await createCatch(server, {
      source: CALLS,
      settings: { plain: 1 },
      timeout_seconds: 30,
    })
    const secret = { value: 'top-secret-token', secret: true }
    await must(server.api('PUT', `/api/workflows/${workflow.id}/settings/token`, secret), 200)
  })
  after(async () => {
    await server.close()
    target.close()
  })
  const runWith = async (body: object, on = workflow) =>
    await runOf(server, await callHook(on, { url: `http://127.0.0.1:${target.port}`, ...body }))
  const callsOf = async (body: object, on = workflow) => await callsIn(await runWith(body, on))
  const callsIn = async (run: RunBody) => {
    const { spans } = await must(server.api<{ spans: Span[] }>('GET', `/api/runs/${run.id}/trace`), 200)
    const stage = spans.find(({ name }) => name === 'run')
    const calls = spans.filter(({ kind }) => kind === 'http')
    for (const { parent_id } of calls) assert.equal(parent_id, stage?.id)
    return calls
  }

  test('each call of requests, urllib3, http.client and urllib is one span, with its facts and without its query', async () => {
    const facts = { 'server.address': '127.0.0.1', 'server.port': target.port, 'url.scheme': 'http', 'url.path': '/x' }
    for (const [library, method, sent] of [
      ['requests', 'POST', 5],
      ['urllib3', 'GET', undefined],
      ['http.client', 'PUT', 5],
      ['urllib', 'GET', undefined],
    ] as const) {
      const [call, ...others] = await callsOf({ with: library })
      assert.deepEqual(others, [], library)
      assert.equal(call?.name, method)
      assert.equal(call?.error, null)
      const { 'http.response.body.size': received, ...attributes } = call?.attributes ?? {}
      assert.ok(received === undefined || Number(received) > 0)
      assert.deepEqual(attributes, {
        ...facts,
        'http.request.method': method,
        'http.response.status_code': 200,
        ...(sent === undefined ? {} : { 'http.request.body.size': sent }),
      })
      assert.doesNotMatch(JSON.stringify(call), /in-the-query/)
    }
  })

  test('a call that fails names its exception, and an answer from 400 on its status', async () => {
    const [gone] = await callsOf({ with: 'nothing there' })
    assert.equal(gone?.attributes['url.path'], '/gone')
    assert.match(gone?.error ?? '', /Error$/)
    const [missing] = await callsOf({ with: 'urllib3', path: '/status/404' })
    assert.deepEqual([missing?.error, missing?.attributes['http.response.status_code']], ['404', 404])
  })

  test('a secret in a path is not stored', async () => {
    const [call] = await callsOf({ with: 'requests', path: '/hooks/top-secret-token/send' })
    assert.equal(call?.attributes['url.path'], '/hooks/***/send')
    assert.equal(target.asked.at(-1)?.url, '/hooks/top-secret-token/send?token=in-the-query')
  })

  test('at most 200 calls are spans, and one more says how many were left out', async () => {
    const calls = await callsOf({ with: 'many' })
    assert.equal(calls.length, 201)
    assert.equal(calls.at(-1)?.attributes['workflow.calls.left_out'], 4)
  })

  test('a run that is ended at its time limit keeps the calls that it made', async () => {
    const slow = await createCatch(server, { source: CALLS })
    // The first limit is enough unless the process waits long for a processor before its call.
    for (const timeout_seconds of [3, 12, 60]) {
      await must(server.api('PATCH', `/api/workflows/${slow.id}`, { timeout_seconds }), 200)
      const run = await runWith({ with: 'a hanging end' }, slow)
      assert.equal(run.status, 'timed_out')
      if ((await logsOf(server, run.id)).length === 0) continue
      const [call] = await callsIn(run)
      assert.equal(call?.attributes['http.response.status_code'], 200)
      return
    }
    assert.fail('the function came to its call within no limit')
  })

  test('outgoing calls carry the trace only with propagate_trace', async () => {
    await callsOf({ with: 'requests' })
    assert.equal(target.asked.at(-1)?.headers['traceparent'], undefined)
    const propagating = await createCatch(server, { source: CALLS, propagate_trace: true })
    assert.equal(propagating['propagate_trace'], true)
    for (const library of ['requests', 'urllib3', 'http.client', 'urllib']) {
      const body = { with: library, url: `http://127.0.0.1:${target.port}` }
      const run = await runOf(server, await callHook(propagating, body))
      const { spans } = await must(server.api<{ spans: Span[] }>('GET', `/api/runs/${run.id}/trace`), 200)
      const call = spans.find(({ kind }) => kind === 'http')
      assert.equal(target.asked.at(-1)?.headers['traceparent'], `00-${run['trace_id']}-${call?.id}-01`)
    }
  })

  test(
    'calls of httpx and aiohttp are spans, are recorded whole, and are answered from the recording',
    FROM_INDEX,
    async () => {
      const source = declaring((PACKAGES ?? '').split(','), CLIENTS)
      const fields = { record_outbound: true, timeout_seconds: 60 }
      const made = await must(
        server.api<WorkflowBody>('POST', '/api/workflows', { name: 'clients', kind: 'catch', ...fields }),
        201,
      )
      await must(server.api('POST', `/api/workflows/${made.id}/versions`, { source, deploy: true }), 201)
      const url = `http://127.0.0.1:${target.port}`
      const hows = [
        'httpx get',
        'httpx post',
        'asynchronous stream',
        'asynchronous post',
        'aiohttp get',
        'aiohttp post',
      ]
      for (const how of hows) {
        const [call, ...others] = await callsOf({ with: how }, made)
        assert.deepEqual(others, [], how)
        const method = /get|stream/.test(how) ? 'GET' : 'POST'
        assert.deepEqual(
          [call?.name, call?.error, call?.attributes['http.response.status_code']],
          [method, null, 200],
          how,
        )
        const run = await runOf(server, await callHook(made, { url, with: how }))
        const before = target.asked.length
        for (const outbound of ['recorded', 'read_only']) {
          const trial = await tryOut(server, made.id, { version: 1, runs: [run.id], outbound })
          assert.deepEqual(
            trial.cases.map(({ verdict }) => verdict),
            ['same'],
            `${how}: ${JSON.stringify(trial.cases)}`,
          )
        }
        const changed = source.replaceAll('/x', '/elsewhere')
        const refused = await tryOut(server, made.id, { source: changed, runs: [run.id], outbound: 'recorded' })
        assert.deepEqual(
          refused.cases.map(({ verdict, would_send }) => [verdict, would_send.length]),
          [['broken', 1]],
          how,
        )
        assert.equal(target.asked.length, before, `${how}: a trial called the target`)
      }
    },
  )
})
