/** What would have changed a decision, found on recorded calls. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type EngineServer, forEachEngine } from '../helpers/engines.ts'
import { type HttpTarget, startHttpTarget } from '../helpers/http-target.ts'
import { callHook, createCatch, must, runOf, until, type WorkflowBody } from '../helpers/workflows.ts'

type Change = { fields: { path: string; old: unknown; new: unknown }[]; outcome: string }
type Explanation = { id: string; status: string; tried: number; changes: Change[]; problem: string | null }

const SOURCE = `
import requests
from workflows import decide, step

def workflow(_request, settings):
    step("send", lambda: requests.post(_request["url"] + "/send", json={"name": _request["name"]}).json())
    fits = _request["years"] >= 5 or "python" in _request["skills"]
    outcome = decide(_request["name"], "invite" if fits else "reject", reasons=["rules"],
                     inputs={"years": _request["years"], "skills": _request["skills"]})
    return {"status_code": 200, "body": outcome}
`
const CHANCE = `
from workflows import decide
import random

def workflow(_request, settings):
    settings["calls"] = settings.get("calls", 0) + 1
    return decide("x", "draw " + str(random.random()), reasons=["chance"])
`
const LICENCE = `
from workflows import decide

def workflow(_request, settings):
    fits = "licence" in _request or "badge" in _request
    return decide("x", "invite" if fits else "reject", reasons=["papers"])
`

forEachEngine((start) => {
  let server: EngineServer
  let target: HttpTarget
  let url = ''
  before(async () => {
    target = await startHttpTarget()
    url = `http://127.0.0.1:${target.port}`
    server = await start({ WORKFLOWS_EGRESS_ALLOW: `127.0.0.1:${target.port}` })
  })
  after(async () => {
    await server?.close()
    target.close()
  })

  const decisionOf = async ({ id }: WorkflowBody) => {
    const { data } = await must(server.api<{ data: { id: string }[] }>('GET', `/api/decisions?workflow_id=${id}`), 200)
    return data[0]?.id ?? ''
  }
  const explain = (id: string, body: object = {}) =>
    server.api<Explanation & { code: string }>('POST', `/api/decisions/${id}/explain`, body)
  const ended = async (id: string) =>
    await until(async () => {
      const found = await must(server.api<Explanation>('GET', `/api/explanations/${id}`), 200)
      return found.status !== 'running' && found
    })

  test('the smallest changes are found, nothing is sent, and the letter names no other person', async () => {
    const workflow = await createCatch(server, { source: SOURCE, record_outbound: true })
    const call = (fields: object) => callHook(workflow, { url, name: 'Ana', years: 3, skills: ['sql'], ...fields })
    await call({ name: 'Bo', years: 1, skills: ['python'] })
    const { id: runId } = await runOf(server, await call({}))
    const decision = await decisionOf(workflow)
    const sent = target.asked.length
    const begun = await must(explain(decision, { fields: ['/years', '/skills', '/name'], max_runs: 60 }), 202)
    const found = await ended(begun.id)
    assert.deepEqual([found.status, found.problem], ['done', null])
    assert.deepEqual(found.changes, [
      { fields: [{ path: '/years', old: 3, new: 5 }], outcome: 'invite' },
      { fields: [{ path: '/skills', old: ['sql'], new: ['sql', 'python'] }], outcome: 'invite' },
    ])
    assert.ok(found.tried > 5 && found.tried <= 60, String(found.tried))
    assert.equal(target.asked.length, sent)
    const letter = await (
      await fetch(`${server.url}/api/explanations/${begun.id}?as=letter&language=fr`, {
        headers: { Authorization: `Bearer ${server.apiKey}` },
      })
    ).text()
    assert.match(letter, /years\u00a0: 5 au lieu de 3\. Le résultat aurait été «\u00a0invite\u00a0»/)
    assert.doesNotMatch(letter, /Bo|python/)
    const { data } = await must(
      server.api<{ data: Explanation[] }>('GET', `/api/decisions/${decision}/explanations`),
      200,
    )
    assert.deepEqual(
      data.map(({ id }) => id),
      [begun.id],
    )
    assert.equal(
      (await must(server.api<{ data: object[] }>('GET', `/api/decisions?workflow_id=${workflow.id}`), 200)).data.length,
      2,
    )
    await must(server.api('DELETE', `/api/runs/${runId}`), 204)
    const refused = await explain(decision)
    assert.deepEqual([refused.status, refused.body.code], [409, 'conflict'], refused.text)
    assert.equal((await server.api('GET', `/api/explanations/${begun.id}`)).status, 404)
  })

  test('a decision that chance takes part in is not explained', async () => {
    const workflow = await createCatch(server, { source: CHANCE })
    await callHook(workflow, { years: 3 })
    const begun = await must(explain(await decisionOf(workflow)), 202)
    const found = await ended(begun.id)
    assert.deepEqual([found.status, found.tried, found.changes], ['failed', 0, []])
    assert.match(found.problem ?? '', /on the unchanged request/)
    const letter = await server.api('GET', `/api/explanations/${begun.id}?as=letter`)
    assert.equal(letter.status, 409)
  })

  test('max_runs counts changed requests, and a field may come from another request or from values', async () => {
    const workflow = await createCatch(server, { source: LICENCE })
    for (const request of [{ years: 3, licence: 'B' }, { years: 3 }]) await callHook(workflow, request)
    const decision = await decisionOf(workflow)
    for (const [body, tried, path] of [
      [{ fields: ['/licence'] }, 1, '/licence'],
      [{ fields: ['/years'], values: { '/badge': [true] }, max_runs: 1 }, 1, '/badge'],
    ] as const) {
      const { id } = await must(explain(decision, body), 202)
      const found = await ended(id)
      assert.deepEqual([found.status, found.tried, found.changes[0]?.fields[0]?.path], ['done', tried, path])
    }
  })

  test('wrong fields, values and ids are refused', async () => {
    const workflow = await createCatch(server, { source: CHANCE })
    await callHook(workflow, { years: 3 })
    const decision = await decisionOf(workflow)
    for (const body of [
      { fields: ['years'] },
      { values: { years: [1] } },
      { fields: [] },
      { values: { '/years': [] } },
      { max_runs: 501 },
      { max_runs: 0 },
      { x: 1 },
    ])
      assert.equal((await explain(decision, body)).status, 400, JSON.stringify(body))
    for (const [body, name] of [
      [{ fields: ['/years', '/yeras'] }, 'fields: expected fields of the request, found "/yeras"'],
      [{ fields: ['/years/0'] }, 'fields: expected fields of the request, found "/years/0"'],
      [{ values: { '/person/age': [1] } }, 'values: expected fields of the request, found "/person/age"'],
    ] as const) {
      const refused = await server.api<{ detail: string }>('POST', `/api/decisions/${decision}/explain`, body)
      assert.deepEqual([refused.status, refused.body.detail.startsWith(name)], [400, true], refused.text)
    }
    assert.equal((await explain('dec_none')).status, 404)
    assert.equal((await server.api('GET', '/api/explanations/exp_none')).status, 404)
  })
})
