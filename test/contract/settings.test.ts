/** Contract, section 3, seen from outside. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { forEachEngine } from '../helpers/engines.ts'
import { type HttpTarget, heldBy, startHttpTarget } from '../helpers/http-target.ts'
import type { TestServer } from '../helpers/server.ts'
import { callHook, createCatch, logsOf, runOf, until, type WorkflowBody } from '../helpers/workflows.ts'

forEachEngine((start) => {
  let target: HttpTarget
  let server: TestServer
  before(async () => {
    target = await startHttpTarget()
    server = await start({
      WORKFLOWS_EGRESS_ALLOW: `127.0.0.1:${target.port}`,
      // A busy machine runs twenty calls one after the other more slowly than a call waits by default.
      WORKFLOWS_QUEUE_SECONDS: '600',
    })
  })
  after(async () => {
    await server.close()
    target.close()
  })

  type Settings = { data: { key: string; value: unknown; secret: boolean; updated_by: { type: string; id: string } }[] }

  async function settingsOf({ id }: WorkflowBody): Promise<Settings['data']> {
    return (await server.api<Settings>('GET', `/api/workflows/${id}/settings`)).body.data
  }
  const valuesOf = async (workflow: WorkflowBody) =>
    Object.fromEntries((await settingsOf(workflow)).map(({ key, value }) => [key, value]))

  test('S01 what a run sets, changes or deletes is there before its caller is answered', async () => {
    const source = `
def workflow(_request, settings):
    settings["n"] = settings.get("n", 0) + 1
    settings.pop("gone", None)
    settings["nested"]["deep"].append(1)
`
    const workflow = await createCatch(server, {
      source,
      settings: { gone: 'x', kept: 'y', nested: { deep: [] } },
      max_concurrency: 1,
    })
    const run = await runOf(server, await callHook(workflow, {}))
    assert.deepEqual(await valuesOf(workflow), { n: 1, kept: 'y', nested: { deep: [1] } })
    const changes = [...run.settings_changes].sort((a, b) => a.key.localeCompare(b.key))
    assert.deepEqual(changes, [
      { key: 'gone', old: 'x', new: null },
      { key: 'n', old: null, new: 1 },
      { key: 'nested', old: { deep: [] }, new: { deep: [1] } },
    ])
    const by = (await settingsOf(workflow)).find(({ key }) => key === 'n')?.updated_by
    assert.deepEqual([by?.type, by?.id], ['run', run.id])
  })

  test('max_concurrency 1 makes a counter count right', async () => {
    const source = 'def workflow(_request, settings):\n    settings["n"] = settings.get("n", 0) + 1\n'
    const workflow = await createCatch(server, { source, max_concurrency: 1 })
    const answers = await Promise.all(Array.from({ length: 20 }, () => callHook(workflow, {})))
    assert.ok(answers.every(({ status }) => status === 200))
    assert.deepEqual(await valuesOf(workflow), { n: 20 })
  })

  for (const [runtime, source] of Object.entries({
    'python3.11': `
import time
def workflow(_request, settings):
    time.sleep(0.02)
    key = str(_request["key"])
    seen = settings.setdefault("SEEN", {})
    seen[key] = len(seen)
    settings.increment("N")
    settings.add("KEYS", key)
    settings.put_in("MAP", key, True)
`,
    node24: `
export default async function workflow(request, settings) {
  await new Promise((resolve) => setTimeout(resolve, 20))
  settings.SEEN ??= {}
  settings.SEEN[request.key] = 1
  settings.increment('N')
  settings.add('KEYS', String(request.key))
  settings.putIn('MAP', String(request.key), true)
}`,
  }))
    test(`concurrent calls of ${runtime} lose no key, no count and no warning`, async () => {
      const workflow = await createCatch(server, { source, runtime, max_concurrency: 8 })
      const calls = Array.from({ length: 24 }, (_, key) => key)
      const answers = await Promise.all(calls.map((key) => callHook(workflow, { key })))
      assert.ok(answers.every(({ status }) => status === 200))
      const values = await valuesOf(workflow)
      assert.equal(values.N, 24)
      for (const found of [
        Object.keys(values.SEEN as object),
        values.KEYS as string[],
        Object.keys(values.MAP as object),
      ])
        assert.deepEqual(
          found.map(Number).toSorted((one, other) => one - other),
          calls,
        )
      const runs = await Promise.all(answers.map((answer) => runOf(server, answer)))
      assert.deepEqual(
        runs.flatMap(({ warnings }) => warnings.map(({ code }) => code)),
        [],
      )
    })

  for (const [name, end] of Object.entries({
    raises: 'raise Exception("x")',
    'answers badly': 'return {"status_code": "200", "body": ""}',
    'is killed': 'import os; os._exit(1)',
    'runs out of time': 'import time; time.sleep(30)',
  })) {
    test(`S02 nothing is kept of a run that ${name}`, async () => {
      const source = `def workflow(_request, settings):\n    settings["n"] = 2\n    ${end}\n`
      const workflow = await createCatch(server, { source, settings: { n: 1 }, timeout_seconds: 2 })
      assert.notEqual((await runOf(server, await callHook(workflow, {}))).status, 'succeeded')
      assert.deepEqual(await valuesOf(workflow), { n: 1 })
    })
  }

  test('S10 S11 different keys both land; the same key: the later commit wins and warns', async () => {
    const source = `${heldBy(target, 'settings["same"] = "slow"')}
def quick(_request, settings):
    settings[_request["key"]] = _request["value"]
slow = workflow
def workflow(_request, settings):
    (slow if _request["key"] == "slow" else quick)(_request, settings)
`
    const workflow = await createCatch(server, { source })
    const slow = callHook(workflow, { key: 'slow' })
    await until(async () => target.asked.length > 0)
    await callHook(workflow, { key: 'same', value: 'fast' })
    await callHook(workflow, { key: 'other', value: 'x' })
    target.release()
    const run = await runOf(server, await slow)
    assert.deepEqual(await valuesOf(workflow), { same: 'slow', other: 'x' })
    assert.deepEqual(
      run.warnings.map(({ code, key }) => [code, key]),
      [['settings_conflict', 'same']],
    )
  })

  test('S07 values round trip exactly, through the API and through Python', async () => {
    const workflow = await createCatch(server, {
      source: 'def workflow(_request, settings):\n    settings["copy"] = settings["v"]\n',
    })
    const value = '{"b":9223372036854775808,"a":[1.0,-0.0,1e2],"10":null,"9":"\\u0000é"}'
    const put = await server.api('PUT', `/api/workflows/${workflow.id}/settings/v`, `{"value":${value}}`)
    assert.equal(put.status, 200)
    assert.ok(put.text.includes(`"value":${value}`), put.text)
    await callHook(workflow, {})
    const { text } = await server.api('GET', `/api/workflows/${workflow.id}/settings`)
    assert.ok(text.includes('9223372036854775808') && text.includes('1.0') && text.includes('-0.0'), text)
  })

  test('a secret is never shown again, and stays out of logs, errors and stored answers', async () => {
    const source = `
def workflow(_request, settings):
    print("the key is", settings["API_KEY"])
    if _request.get("fail"):
        raise ValueError(settings["API_KEY"])
    return {"status_code": 200, "body": settings["API_KEY"]}
`
    const workflow = await createCatch(server, { source })
    const secret = 'very-secret-value-1'
    await server.api('PUT', `/api/workflows/${workflow.id}/settings/API_KEY`, { value: secret, secret: true })
    const answer = await callHook(workflow, {})
    assert.equal(answer.text, secret)
    const [ok, failed] = [await runOf(server, answer), await runOf(server, await callHook(workflow, { fail: true }))]
    const logs = await logsOf(server, ok.id)
    const history = await server.api('GET', `/api/workflows/${workflow.id}/settings/API_KEY/history`)
    const list = await server.api('GET', `/api/workflows/${workflow.id}/settings`)
    for (const text of [JSON.stringify(ok), JSON.stringify(failed), JSON.stringify(logs), history.text, list.text]) {
      assert.ok(!text.includes(secret), text)
    }
    assert.ok(logs.some(({ text }) => text === 'the key is ***'))
    assert.match(failed.message ?? '', /\*\*\*/)
  })

  test('S16 L07 a secret put into another key is kept there, and stays out of logs, errors and stored answers', async () => {
    const source = `
import base64, json, urllib.parse
def workflow(_request, settings):
    old = settings["TOKEN"]
    settings["copy"] = old
    settings["TOKEN"] = new = "renewed-secret/" + _request["n"]
    for value in (old, new):
        print(value, base64.b64encode(("user:" + value).encode()).decode(), urllib.parse.quote(value, safe=""))
        print(json.dumps({"value": value}))
    if _request.get("fail"):
        raise ValueError(new)
    return {"status_code": 200, "body": old + " " + new, "headers": {"X-Token": new}}
`
    const workflow = await createCatch(server, { source })
    const old = 'first-secret/é'
    await server.api('PUT', `/api/workflows/${workflow.id}/settings/TOKEN`, { value: old, secret: true })
    const answer = await callHook(workflow, { n: 'one' })
    assert.equal(answer.text, `${old} renewed-secret/one`)
    assert.equal((await valuesOf(workflow)).copy, old, 'what is no secret is shown')
    const failed = await callHook(workflow, { n: 'two', fail: true })
    const runs = [await runOf(server, answer), await runOf(server, failed)]
    const logs = await Promise.all(runs.map(({ id }) => logsOf(server, id)))
    // The second began with what the first had set; what it set itself was not kept, and never was a setting.
    const [first, second] = runs.map((run, index) => ({ ...run, settings_changes: [], logs: logs[index] }))
    for (const form of [
      'renewed-secret/one',
      'renewed-secret%2Fone',
      'cmVuZXdlZC1zZWNyZXQ',
      old,
      'first-secret%2F',
      'Zmlyc3Qtc2VjcmV0',
    ]) {
      assert.ok(!JSON.stringify(first).includes(form), `${form} in ${JSON.stringify(first)}`)
    }
    assert.ok(!JSON.stringify(second).includes('renewed-secret/one'), JSON.stringify(second))
    assert.equal(logs[0]?.length, 4)
    assert.ok(JSON.stringify(first).includes('"headers":[["X-Token","***"]],"body":"*** ***"'), JSON.stringify(first))
  })

  test('__workflow_id is given by the platform, never stored, and refused from a person', async () => {
    const source = 'def workflow(_request, settings):\n    settings["seen"] = settings["__workflow_id"]\n'
    const workflow = await createCatch(server, { source, settings: { __incremental: 'enable' } })
    await callHook(workflow, {})
    assert.deepEqual(await valuesOf(workflow), { seen: workflow.id, __incremental: 'enable' })
    assert.equal(
      (await server.api('PUT', `/api/workflows/${workflow.id}/settings/__workflow_id`, { value: 'x' })).status,
      400,
    )
  })

  test('history lists every change with its author, newest first', async () => {
    const source = 'def workflow(_request, settings):\n    settings["k"] = 2\n'
    const workflow = await createCatch(server, { source, settings: { k: 1 } })
    await callHook(workflow, {})
    await server.api('DELETE', `/api/workflows/${workflow.id}/settings/k`)
    type History = { data: { old: unknown; new: unknown; by: { type: string } }[] }
    const { body } = await server.api<History>('GET', `/api/workflows/${workflow.id}/settings/k/history`)
    assert.deepEqual(
      body.data.map((change) => [change.old, change.new, change.by.type]),
      [
        [2, null, 'api_key'],
        [1, 2, 'run'],
        [null, 1, 'api_key'],
      ],
    )
  })

  test('a value over 256 KiB is refused, by the API and from a run', async () => {
    const source = 'def workflow(_request, settings):\n    settings["big"] = "x" * (256 * 1024)\n'
    const workflow = await createCatch(server, { source })
    const put = await server.api('PUT', `/api/workflows/${workflow.id}/settings/big`, { value: 'x'.repeat(256 * 1024) })
    assert.equal(put.status, 400)
    const run = await runOf(server, await callHook(workflow, {}))
    assert.deepEqual([run.status, run.code], ['failed', 'invalid_settings'])
  })
})
