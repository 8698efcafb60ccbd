/** Contract, section 13: past requests on a candidate. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type EngineServer, forEachEngine } from '../helpers/engines.ts'
import { type HttpTarget, startHttpTarget } from '../helpers/http-target.ts'
import { type CaseBody, endedTrial, startTrial, type TrialBody, tryOut } from '../helpers/trials.ts'
import { callHook, createCatch, createPull, must, type RunBody, runOf, until } from '../helpers/workflows.ts'

/** Counts its calls in a setting, and answers as the body says. */
const COUNTS = `
def workflow(request, settings):
    settings["count"] = settings.get("count", 0) + 1
    if request.get("fails"):
        raise ValueError("no")
    return {"status_code": 200, "headers": {"Content-Type": "application/json"},
            "body": '{"items": [{"id": %d}], "big": 12345678901234567890}' % settings["count"]}
`
const SENDS = `
import requests, socket, subprocess, sys
def workflow(request, settings):
    url, how = request["url"], request["how"]
    if how == "get":
        body = requests.get(url + "/read?key=" + settings["token"]).text
    elif how == "post":
        body = requests.post(url + "/send", data=request.get("text", "hello")).text
    elif how == "socket":
        sock = socket.create_connection(("127.0.0.1", int(url.rsplit(":", 1)[1])))
        sock.sendall(b"POST /raw HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n")
        body = sock.recv(10).decode()
    else:
        code = "import urllib.request as r; r.urlopen(r.Request(%r, b'x'))" % (url + "/child")
        body = str(subprocess.run([sys.executable, "-c", code], stderr=subprocess.DEVNULL).returncode)
    return {"status_code": 200, "body": body}
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
    await server.close()
    target.close()
  })
  const callAndRun = async (workflow: Parameters<typeof callHook>[0], body: object) =>
    await runOf(server, await callHook(workflow, body))
  const casesOf = async (id: string, verdict: string) =>
    (await must(server.api<{ data: CaseBody[] }>('GET', `/api/trials/${id}/cases?verdict=${verdict}`), 200)).data
  const one = ({ cases: [found, ...others] }: { cases: readonly CaseBody[] }): CaseBody => {
    assert.deepEqual(others, [])
    assert.ok(found)
    return found
  }

  test('the same code gives the same results: each run starts from the settings of its original, and keeps nothing', async () => {
    const workflow = await createCatch(server, { source: COUNTS })
    const runs: RunBody[] = []
    for (let n = 0; n < 3; n += 1) runs.push(await callAndRun(workflow, { n }))
    const { trial, cases } = await tryOut(server, workflow.id, { version: 1, runs: { last: 10 } })
    assert.deepEqual(
      trial.counts,
      { same: 3, changed: 0, fixed: 0, broken: 0, not_comparable: 0 },
      JSON.stringify(cases),
    )
    assert.deepEqual([trial.status, trial.total, trial.version], ['done', 3, 1])
    assert.ok(trial.finished_at)
    const settings = await must(
      server.api<{ data: { value: unknown }[] }>('GET', `/api/workflows/${workflow.id}/settings`),
      200,
    )
    assert.deepEqual(
      settings.data.map(({ value }) => value),
      [3],
    )
    const path = `/api/workflows/${workflow.id}/runs`
    const { data: listed } = await must(server.api<{ data: RunBody[] }>('GET', path), 200)
    assert.equal(listed.length, 3)
    const { data: tried } = await must(server.api<{ data: RunBody[] }>('GET', `${path}?trigger=trial`), 200)
    assert.deepEqual(new Set(tried.map((run) => run['replay_of'])), new Set(runs.map(({ id }) => id)))
    const { cases: again } = await tryOut(server, workflow.id, { version: 1, runs: { last: 10 } })
    assert.equal(again.length, 3)
  })

  test('what differs is named by pointers: status, headers, JSON by structure, settings', async () => {
    const workflow = await createCatch(server, { source: COUNTS })
    const { id: run } = await callAndRun(workflow, {})
    const source = COUNTS.replace('"status_code": 200', '"status_code": 201')
      .replace('{"Content-Type"', '{"X-New": "1", "Content-Type"')
      .replace('{"id": %d}', '{"id": %d9}, {"more": null}')
      .replace('67890}', '67891}')
      .replace('settings["count"] =', 'settings["LAST_UID"] = "x"; settings["count"] = 4 +')
    const { cases, trial } = await tryOut(server, workflow.id, { source, runs: [run] })
    assert.equal(trial.version, null)
    const { verdict, differences, trial_run_id } = one({ cases })
    assert.equal(verdict, 'changed')
    assert.match(trial_run_id ?? '', /^run_/)
    const found = Object.fromEntries(differences.map(({ path, old, new: now }) => [path, [old, now]]))
    const big = found['/response/body/big']
    delete found['/response/body/big']
    assert.deepEqual(found, {
      '/response/status': [200, 201],
      '/response/headers/x-new': [null, '1'],
      '/response/body/items/0/id': [1, 59],
      '/response/body/items/1': [null, { more: null }],
      '/settings/count': [1, 5],
      '/settings/LAST_UID': [null, 'x'],
    })
    assert.ok(big, 'two large numbers that JavaScript takes for one are different')
    const ignore = [
      '/response/status',
      '/response/headers',
      '/response/body/items/*',
      '/response/body/big',
      '/settings',
    ]
    assert.equal(one(await tryOut(server, workflow.id, { source, runs: [run], ignore })).verdict, 'same')
  })

  test('fixed, broken, another failure, and runs that cannot be compared', async () => {
    const workflow = await createCatch(server, { source: COUNTS })
    const good = await callAndRun(workflow, {})
    const bad = await callAndRun(workflow, { fails: true })
    const fixes = COUNTS.replace('if request.get("fails")', 'if False')
    const breaks = COUNTS.replace('if request.get("fails")', 'if True')
    const fixed = await tryOut(server, workflow.id, { source: fixes, runs: [good.id, bad.id] })
    assert.deepEqual(
      fixed.cases.map(({ verdict }) => verdict),
      ['same', 'fixed'],
    )
    const broken = await tryOut(server, workflow.id, { source: breaks, runs: [good.id, bad.id] })
    assert.deepEqual(
      broken.cases.map(({ verdict }) => verdict),
      ['broken', 'same'],
    )
    assert.deepEqual(await casesOf(broken.trial.id, 'broken'), [broken.cases[0]])
    const other = COUNTS.replace('raise ValueError("no")', 'return {"status_code": 1}')
    const changed = one(await tryOut(server, workflow.id, { source: other, runs: [bad.id] }))
    assert.deepEqual([changed.verdict, changed.differences[0]?.path], ['changed', '/error/code'])
    const failing = await tryOut(server, workflow.id, { source: fixes, runs: { last: 5, failing: true } })
    assert.deepEqual(
      failing.cases.map(({ run_id }) => run_id),
      [bad.id],
    )
    const since = new Date(Date.now() - 3600_000).toISOString()
    const path = `/api/workflows/${workflow.id}/stats?since=${since}&buckets=1`
    const { data: buckets } = await must(server.api<{ data: { total: number; failed: number }[] }>('GET', path), 200)
    const sum = (name: 'total' | 'failed') => buckets.reduce((all, bucket) => all + bucket[name], 0)
    assert.deepEqual([sum('total'), sum('failed')], [2, 1])
  })

  test('read_only lets reading calls out and refuses others, also of sockets and child processes', async () => {
    const workflow = await createCatch(server, { source: SENDS, settings: { token: 'plain' } })
    for (const [how, sent] of [
      ['get', null],
      ['post', { method: 'POST', host: '127.0.0.1', port: target.port, path: '/send' }],
      ['socket', { method: null, host: '127.0.0.1', port: target.port, path: null }],
      ['child', { method: null, host: '127.0.0.1', port: target.port, path: null }],
    ] as const) {
      const { id: run } = await callAndRun(workflow, { url, how })
      const before = target.asked.length
      const { verdict, would_send } = one(await tryOut(server, workflow.id, { version: 1, runs: [run] }))
      assert.deepEqual(would_send, sent === null ? [] : [sent], how)
      assert.equal(verdict, how === 'get' ? 'same' : how === 'child' ? 'changed' : 'broken', how)
      assert.equal(target.asked.length, before + (how === 'get' ? 1 : 0), how)
    }
    const { id: run } = await callAndRun(workflow, { url, how: 'post' })
    const { data } = await must(
      server.api<{ data: RunBody[] }>('GET', `/api/workflows/${workflow.id}/runs?trigger=trial&failing=true`),
      200,
    )
    assert.match(data[0]?.message ?? '', /PermissionError/)
    const before = target.asked.length
    assert.equal(one(await tryOut(server, workflow.id, { version: 1, runs: [run], outbound: 'live' })).verdict, 'same')
    assert.equal(target.asked.length, before + 1)
    const { id: reads } = await callAndRun(workflow, { url, how: 'get' })
    const blocked = one(await tryOut(server, workflow.id, { version: 1, runs: [reads], outbound: 'blocked' }))
    assert.deepEqual([blocked.verdict, blocked.would_send.length], ['broken', 1])
  })

  test('recorded calls are answered as the original was, and what is not recorded is refused', async () => {
    const workflow = await createCatch(server, { source: SENDS, record_outbound: true })
    const secret = { value: 'a-secret-token', secret: true }
    await must(server.api('PUT', `/api/workflows/${workflow.id}/settings/token`, secret), 200)
    for (const how of ['get', 'post']) {
      const { id: run } = await callAndRun(workflow, { url, how })
      const before = target.asked.length
      const same = one(await tryOut(server, workflow.id, { version: 1, runs: [run], outbound: 'recorded' }))
      // The answer of the recording has *** in the place of the secret, as the stored answer has.
      assert.deepEqual([same.verdict, same.would_send], ['same', []], JSON.stringify(same))
      const source = SENDS.replace('"/send"', '"/elsewhere"').replace('"/read?', '"/elsewhere?')
      const refused = one(await tryOut(server, workflow.id, { source, runs: [run], outbound: 'recorded' }))
      assert.deepEqual([refused.verdict, refused.would_send.length], ['broken', 1])
      assert.equal(target.asked.length, before)
    }
    const { id: run } = await callAndRun(workflow, { url, how: 'post' })
    const source = SENDS.replace('data=request', 'data="changed " + request')
    const changed = one(await tryOut(server, workflow.id, { source, runs: [run] }))
    assert.deepEqual(changed.differences, [{ path: '/calls/0/body', old: 'hello', new: 'changed hello' }])
  })

  test('P03 a recording holds nothing that the privacy rules remove', async () => {
    const source = `
import requests
def workflow(request, settings):
    sent = requests.post(request["url"] + "/send", json={"email": request["email"]})
    return {"status_code": 200, "body": sent.json()["body"]}
`
    const privacy = { redact: [{ path: 'body.email', in: ['request'], with: 'mask' }] }
    const workflow = await createCatch(server, { source, record_outbound: true, privacy })
    const email = 'jane.doe@example.com'
    const { id: run } = await callAndRun(workflow, { url, email })
    const before = target.asked.length
    const changed = one(await tryOut(server, workflow.id, { version: 1, runs: [run], outbound: 'recorded' }))
    assert.equal(target.asked.length, before)
    // The rule says nothing of answers: the original's is whole, that of the recording is not.
    const answered = changed.differences.filter(({ path }) => path.startsWith('/response/body'))
    assert.match(JSON.stringify(answered.map(({ old }) => old)), new RegExp(email))
    assert.doesNotMatch(JSON.stringify(answered.map(({ new: now }) => now)), new RegExp(email))
    assert.match(JSON.stringify(answered.map(({ new: now }) => now)), /\*\*\*/)
  })

  test('a trial of a pull workflow compares results; unknown runs and candidates are refused', async () => {
    const workflow = await createPull(server, { source: 'def workflow(settings):\n    return "one"\n' })
    const run = await must(server.api<RunBody>('POST', `/api/workflows/${workflow.id}/runs`, {}), 200)
    const source = 'def workflow(settings):\n    return "two"\n'
    const { differences } = one(await tryOut(server, workflow.id, { source, runs: [run.id] }))
    assert.deepEqual(differences, [{ path: '/result', old: "'one'", new: "'two'" }])
    const post = (body: object) => server.api('POST', `/api/workflows/${workflow.id}/trials`, body)
    const runs = { last: 1 }
    assert.equal((await post({ version: 1, runs: ['run_unknown'] })).status, 404)
    assert.equal((await post({ version: 9, runs })).status, 404)
    for (const body of [
      { runs },
      { version: 1, source, runs },
      { version: 1 },
      { version: 1, runs: { last: 1001 } },
      { version: 1, runs, ignore: ['no pointer'] },
      { version: 1, runs, outbound: 'sometimes' },
    ])
      assert.equal((await post(body)).status, 400, JSON.stringify(body))
    assert.equal((await server.api('GET', '/api/trials/trial_unknown')).status, 404)
    const { data } = await must(server.api<{ data: TrialBody[] }>('GET', `/api/workflows/${workflow.id}/trials`), 200)
    assert.equal(data.length, 1)
  })

  test('a trial is followed as events, and cancelled', async () => {
    const source =
      'import time\ndef workflow(request, settings):\n    time.sleep(request.get("s", 0))\n    return {"status_code": 200}\n'
    const workflow = await createCatch(server, { source })
    for (let n = 0; n < 2; n += 1) await callHook(workflow, { n })
    const { id } = await startTrial(server, workflow.id, { version: 1, runs: { last: 2 } })
    const headers = { authorization: `Bearer ${server.apiKey}`, accept: 'text/event-stream' }
    const events = await (await fetch(`${server.url}/api/trials/${id}`, { headers })).text()
    assert.match(events, /event: trial\ndata: \{.*"status":"done"/)
    assert.match(events, /event: end\n/)
    await must(server.api('PATCH', `/api/workflows/${workflow.id}`, { timeout_seconds: 600 }), 200)
    const slow = source.replace('request.get("s", 0)', '500')
    const cancelled = await startTrial(server, workflow.id, { source: slow, runs: { last: 2 } })
    await until(async () => {
      const path = `/api/workflows/${workflow.id}/runs?trigger=trial&status=running`
      return (await must(server.api<{ data: RunBody[] }>('GET', path), 200)).data.length > 0
    })
    const answer = await must(server.api<TrialBody>('POST', `/api/trials/${cancelled.id}/cancel`, {}), 200)
    assert.equal(answer.status, 'cancelled')
    assert.equal((await server.api('POST', `/api/trials/${cancelled.id}/cancel`, {})).status, 409)
    await until(async () => {
      const path = `/api/workflows/${workflow.id}/runs?trigger=trial&status=running`
      return (await must(server.api<{ data: RunBody[] }>('GET', path), 200)).data.length === 0
    })
  })

  test('the gate refuses a deployment that changes what it must not, and force deploys all the same', async () => {
    const workflow = await createCatch(server, { source: COUNTS })
    const gate = { last: 5, allow: ['same', 'fixed'], ignore: ['/response/headers'] }
    const changed = await must(server.api('PATCH', `/api/workflows/${workflow.id}`, { deploy_gate: gate }), 200)
    assert.deepEqual(changed['deploy_gate'], gate)
    await callAndRun(workflow, {})
    await callAndRun(workflow, { fails: true })
    const versions = `/api/workflows/${workflow.id}/versions`
    const harmless = COUNTS.replace('if request.get("fails")', 'if False').replace(
      '{"Content-Type"',
      '{"X": "1", "Content-Type"',
    )
    await must(server.api('POST', versions, { source: harmless }), 201)
    const bad = COUNTS.replace('"status_code": 200', '"status_code": 202')
    const refused = await server.api<Record<string, string>>('POST', versions, { source: bad })
    assert.deepEqual([refused.status, refused.body['code']], [409, 'gate_failed'])
    const trial = await endedTrial(server, refused.body['trial_id'] ?? '')
    assert.equal(trial.counts['changed'], 1)
    const deployed = async () =>
      (await must(server.api('GET', `/api/workflows/${workflow.id}`), 200))['deployed_version']
    assert.equal(await deployed(), 2)
    const draft = await must(server.api('POST', versions, { source: bad, deploy: false }), 201)
    const path = `${versions}/${draft['number']}/deploy`
    assert.equal((await server.api('POST', path, {})).status, 409)
    assert.equal(await deployed(), 2)
    await must(server.api('POST', path, { force: true }), 200)
    assert.equal(await deployed(), draft['number'])
    const { data } = await must(server.api<{ data: { detail: string }[] }>('GET', '/api/audit?limit=5'), 200)
    assert.ok(data.some(({ detail }) => /forced past its gate/.test(detail)))
  })
})
