/** Contract, section 14: what is redacted before it is stored, and how one person is found, exported and erased. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { make, stepsOf, waiting } from '../helpers/durable.ts'
import { type EngineServer, forEachEngine } from '../helpers/engines.ts'
import { type HttpTarget, startHttpTarget } from '../helpers/http-target.ts'
import { tryOut } from '../helpers/trials.ts'
import {
  callHook,
  createCatch,
  logsOf,
  must,
  type RunBody,
  runOf,
  until,
  type WorkflowBody,
} from '../helpers/workflows.ts'

const EMAIL = 'jane.doe@example.com'
const ECHO = `
def workflow(_request, settings):
    email = _request["candidate"]["email"]
    print("received", email)
    settings["LAST"] = email
    if _request.get("fail"): raise ValueError("cannot store " + email)
    return {"status_code": 200, "headers": {"Content-Type": "application/json", "Workflow-Label": email},
            "body": '{"stored": "%s"}' % email}
`
const ALL = ['request', 'answer', 'logs']
const PRIVACY = {
  redact: [{ path: 'body.candidate.email', in: ALL, with: 'mask' }],
  identify: ['body.candidate.email'],
}
const call = { candidate: { name: 'Jane', email: EMAIL } }
const isEnded = (status: string) => status !== 'queued' && status !== 'running'
type Found = { data: { workflow_id: string; workflow_name: string; run_id: string; created_at: string }[] }
type Certificate = { id: string; at: string; by: { type: string }; runs: string[]; sha256: string }

forEachEngine((start) => {
  let server: EngineServer
  let target: HttpTarget
  before(async () => {
    target = await startHttpTarget()
    server = await start({ WORKFLOWS_RETENTION_MIB: '100', WORKFLOWS_EGRESS_ALLOW: `127.0.0.1:${target.port}` })
  })
  after(async () => {
    await server.close()
    target.close()
  })

  /** All that the API shows of a run, but for its changes of settings. */
  const everythingOf = async (runId: string) => {
    const run = await must(server.api<RunBody>('GET', `/api/runs/${runId}`), 200)
    return JSON.stringify([{ ...run, settings_changes: [] }, await logsOf(server, runId)])
  }
  const listOf = async (workflow: WorkflowBody) =>
    (await must(server.api<{ data: RunBody[] }>('GET', `/api/workflows/${workflow.id}/runs`), 200)).data
  const find = async (value: string) =>
    (await must(server.api<Found>('POST', '/api/privacy/find', { value }), 200)).data

  test('the function and its caller see the data, and what is stored does not hold them', async () => {
    const workflow = await createCatch(server, { source: ECHO, privacy: PRIVACY })
    const answer = await callHook(workflow, call)
    assert.equal(answer.text, `{"stored": "${EMAIL}"}`)
    const run = await runOf(server, answer)
    assert.equal(run.status, 'succeeded')
    assert.equal(run['label'], '***')
    const stored = await everythingOf(run.id)
    assert.ok(!stored.includes(EMAIL), stored)
    assert.ok(stored.includes('received ***'))
  })

  test('a rule for all three places also covers the error of a run, and that of its list', async () => {
    const workflow = await createCatch(server, { source: ECHO, privacy: PRIVACY })
    const run = await runOf(server, await callHook(workflow, { ...call, fail: true }))
    assert.match(run.message ?? '', /cannot store \*\*\*/)
    assert.ok(!(await everythingOf(run.id)).includes(EMAIL))
    assert.ok(!JSON.stringify(await listOf(workflow)).includes(EMAIL))
  })

  test('an acknowledged call is encrypted until it has run, and its run gets the whole request', async () => {
    const wait = `if "held" in _request: urllib.request.urlopen("http://127.0.0.1:${target.port}/held").read()`
    const slow = `import urllib.request\n${ECHO.replace('    email', `    ${wait}\n    email`)}`
    const fields = { privacy: PRIVACY, max_concurrency: 1, timeout_seconds: 600 }
    const workflow = await createCatch(server, { source: slow, ...fields })
    const prefer = { headers: { prefer: 'respond-async' } }
    const other = 'john.roe@example.com'
    await callHook(workflow, { ...call, held: true }, prefer)
    const queued = await runOf(server, await callHook(workflow, { candidate: { email: other } }, prefer))
    assert.ok(!isEnded(queued.status))
    assert.ok(!(await everythingOf(queued.id)).includes(other))
    target.release()
    const ended = await until(async () => {
      const run = await must(server.api<RunBody>('GET', `/api/runs/${queued.id}`), 200)
      return run.status === 'succeeded' && run
    })
    assert.deepEqual(ended.warnings, [])
    assert.deepEqual(ended.settings_changes, [{ key: 'LAST', old: EMAIL, new: other }])
    assert.ok(!(await everythingOf(queued.id)).includes(other))
  })

  test('a caller who waits for a queued run gets the answer as the function said it, and a repeat gets what is kept', async () => {
    const workflow = await createCatch(server, { source: ECHO, privacy: PRIVACY, idempotency: { from: 'header' } })
    const again = { headers: { prefer: 'wait=60', 'idempotency-key': 'one' } }
    assert.equal((await callHook(workflow, call, again)).text, `{"stored": "${EMAIL}"}`)
    assert.equal((await callHook(workflow, call, again)).text, '{"stored": "***"}')
  })

  test('a replay runs on what was stored, and says so', async () => {
    const workflow = await createCatch(server, { source: ECHO, privacy: PRIVACY })
    const { id } = await runOf(server, await callHook(workflow, call))
    const replay = await must(server.api<RunBody>('POST', `/api/runs/${id}/replay`, {}), 200)
    const run = await must(server.api<RunBody>('GET', `/api/runs/${replay.id}`), 200)
    assert.deepEqual(
      run.warnings.map(({ code }) => code),
      ['redacted_request'],
    )
    assert.match(JSON.stringify(await logsOf(server, run.id)), /received \*\*\*/)
    assert.ok((await find(EMAIL)).some(({ run_id }) => run_id === run.id))
  })

  test('ST101 ST102 a person is found in steps and events of a run that waits, exported, and erased with it', async () => {
    const workflow = await make(
      server,
      `step("a", lambda: "step" + ".only@example.com")
x = wait_for("b", within="1d")["email"]
sleep("c " + "name" + ".only@example.com", days=1)`,
    )
    const { 'workflow-run': id = '' } = Object.fromEntries((await callHook(workflow, {})).headers)
    await waiting(server, id)
    const body = { email: 'event.only@example.com' }
    await must(server.api('POST', `/api/runs/${id}/events/b`, { body }), 202)
    await until(async () => (await waiting(server, id)).parts === 2)
    const values = ['step.only@example.com', 'event.only@example.com', 'name.only@example.com']
    for (const value of values) {
      assert.deepEqual(
        (await find(value)).map(({ run_id }) => run_id),
        [id],
        value,
      )
      const exported = await must(server.api<{ runs: unknown[] }>('POST', '/api/privacy/export', { value }), 200)
      assert.ok(JSON.stringify(exported.runs).includes(value))
    }
    const erasure = { value: values[0], run_ids: [id] }
    const refused = await server.api<{ code: string }>('POST', '/api/privacy/erase', erasure)
    assert.deepEqual([refused.status, refused.body.code], [409, 'run_waits'])
    await must(server.api('POST', '/api/privacy/erase', { ...erasure, cancel_waiting: true }), 200)
    for (const value of values) assert.deepEqual(await find(value), [])
    assert.deepEqual(await stepsOf(server, id), [])
  })

  test('a large request is redacted too', async () => {
    const workflow = await createCatch(server, { source: ECHO, privacy: PRIVACY })
    const run = await runOf(server, await callHook(workflow, { ...call, cv: 'lorem ipsum '.repeat(200_000) }))
    assert.equal(run.status, 'succeeded')
    assert.ok(!(await everythingOf(run.id)).includes(EMAIL))
  })

  test('Z3-20 a value in a body of 20 MiB is found, in parts of which one ends within the value', async () => {
    const value = 'in.a.large.body@example.com'
    const part = 512 * 1024
    // In front of it in the body are `{"text":"` and an even number of bytes, so the value begins 6 bytes before a cut.
    const text = `${'é'.repeat((39 * part - 10) / 2)}${'x'.repeat(part - 5)}${value}`
    const source = 'def workflow(_request, settings):\n    return {"status_code": 200, "body": ""}\n'
    const workflow = await createCatch(server, { source, body_limit_bytes: 32 * 1024 * 1024 })
    const run = await runOf(server, await callHook(workflow, { text }))
    assert.deepEqual(
      (await find(value)).map(({ run_id }) => run_id),
      [run.id],
    )
    assert.deepEqual(await find(`not.${value}`), [])
  })

  test('a person is found by hash and by text, and erased with attempts and history for good', async () => {
    const value = 'erase.me@example.com'
    const person = { candidate: { email: value } }
    const hashed = await createCatch(server, { source: ECHO, privacy: PRIVACY })
    const plain = await createCatch(server, { source: ECHO })
    const first = await runOf(server, await callHook(hashed, person))
    const second = await runOf(server, await callHook(plain, person))
    await callHook(plain, call)
    const found = await find(` ${value.toUpperCase()}`)
    assert.deepEqual(found.map(({ run_id }) => run_id).sort(), [first.id, second.id].sort())
    assert.equal(found.find(({ run_id }) => run_id === second.id)?.workflow_id, plain.id)

    const exported = await must(server.api<Record<string, unknown>>('POST', '/api/privacy/export', { value }), 200)
    assert.ok(JSON.stringify(exported).includes(`{\\"candidate\\":{\\"email\\":\\"${value}`), JSON.stringify(exported))

    const run_ids = [first.id, second.id]
    assert.equal(
      (await server.api('POST', '/api/privacy/erase', { value, run_ids: [...run_ids, 'run_none'] })).status,
      404,
    )
    const certificate = await must(server.api<Certificate>('POST', '/api/privacy/erase', { value, run_ids }), 200)
    assert.deepEqual([...certificate.runs].sort(), [...run_ids].sort())
    assert.match(certificate.sha256, /^[0-9a-f]{64}$/)
    assert.deepEqual(await find(value), [])
    for (const id of run_ids) {
      const run = await must(server.api<RunBody>('GET', `/api/runs/${id}`), 200)
      assert.equal(run['request'], null)
      assert.ok(!JSON.stringify([run, await logsOf(server, id)]).includes(value))
      assert.equal(run['erased_at'], certificate.at)
      for (const from of ['start', 'steps']) {
        const refused = await server.api<{ code: string }>('POST', `/api/runs/${id}/replay`, { from })
        assert.deepEqual([refused.status, refused.body.code], [409, 'run_erased'])
      }
    }
    const later = await listOf(plain)
    const next = await must(server.api<RunBody>('GET', `/api/runs/${later[0]?.id}`), 200)
    assert.equal(next.settings_changes[0]?.old, '***')
    assert.equal(next['erased_at'], null)
    const { data } = await must(server.api<{ data: Certificate[] }>('GET', '/api/privacy/certificates'), 200)
    assert.deepEqual(
      data.find(({ id }) => id === certificate.id),
      certificate,
    )
    const audit = JSON.stringify(await must(server.api('GET', '/api/audit?limit=200'), 200))
    assert.ok(audit.includes('privacy.erase') && !audit.includes(value))
  })

  test('Z3-34 an export has the recordings, the idempotency keys and the attempts of the runs', async () => {
    const value = 'sent.only@example.com'
    const source = `
import requests
def workflow(_request, settings):
    requests.post("http://127.0.0.1:${target.port}/people?to=x", json={"email": "sent" + ".only@example.com"})
    raise ValueError("not stored")
`
    const fields = { record_outbound: true, retries: { count: 1, backoff_seconds: 1 }, idempotency: { from: 'header' } }
    const workflow = await createCatch(server, { source, ...fields })
    const asked = { headers: { prefer: 'respond-async', 'idempotency-key': 'the only one' } }
    await callHook(workflow, {}, asked)
    const both = await until(async () => {
      const runs = await listOf(workflow)
      return runs.length === 2 && runs.every(({ status }) => isEnded(status)) && runs
    })
    type Exported = {
      runs: {
        run: { id: string; attempt: number }
        calls: { method: string; path: string; query: string; status: number; sent: { body: string } | null }[]
        idempotency_keys: { key_digest: string; body_digest: string; created_at: string }[]
      }[]
    }
    const { runs } = await must(server.api<Exported>('POST', '/api/privacy/export', { value }), 200)
    assert.deepEqual(runs.map(({ run }) => run.id).sort(), both.map(({ id }) => id).sort())
    for (const { calls } of runs) {
      const [call] = calls
      assert.deepEqual([call?.method, call?.path, call?.query, call?.status], ['POST', '/people', 'to=x', 200])
      assert.deepEqual(JSON.parse(call?.sent?.body ?? ''), { email: value })
    }
    const keys = runs.flatMap(({ run, idempotency_keys }) => idempotency_keys.map((key) => [run.attempt, key] as const))
    assert.equal(keys.length, 1)
    assert.match(keys[0]?.[1].key_digest ?? '', /^[\w-]{43}$/)
  })

  test('Z3-34 the other attempts of a run are exported, although they do not hold the value', async () => {
    const value = 'first.attempt.only@example.com'
    const source = `
def workflow(_request, settings):
    if "seen" not in settings:
        settings["seen"] = True
    raise ValueError("failed")
`
    const workflow = await createCatch(server, { source, retries: { count: 1, backoff_seconds: 1 } })
    await callHook(workflow, { email: value }, { headers: { prefer: 'respond-async' } })
    const runs = await until(async () => {
      const all = await listOf(workflow)
      return all.length === 2 && all.every(({ status }) => isEnded(status)) && all
    })
    const exported = await must(
      server.api<{ runs: { run: { id: string } }[] }>('POST', '/api/privacy/export', { value }),
      200,
    )
    assert.deepEqual(exported.runs.map(({ run }) => run.id).sort(), runs.map(({ id }) => id).sort())
  })

  test('Z3-16 unsaved code is found, exported and erased, also where no run holds the value', async () => {
    const value = 'Draft.Person@example.com'
    const workflow = await createCatch(server, { source: ECHO })
    const path = `/api/workflows/${workflow.id}/draft`
    const put = (source: string | null, files = {}) => must(server.api('PUT', path, { source, files }), 200)
    await put(`# mail to ${value}\n${ECHO}`)
    await put(null)
    await put(`${ECHO}# ask ${value.toLowerCase()}\n`, { 'lib/people.py': `WHO = "${value}"\n` })
    const run = await runOf(server, await callHook(workflow, call))
    const code = `def workflow(_request, settings):\n    return "${value}"\n`
    await tryOut(server, workflow.id, { source: code, runs: [run.id] })

    type Drafts = { drafts: { workflow_id: string; kind: string; owner_id: string; source?: string }[] }
    const findDrafts = async () => (await must(server.api<Drafts>('POST', '/api/privacy/find', { value }), 200)).drafts
    const drafts = await findDrafts()
    assert.deepEqual(drafts.map(({ kind }) => kind).sort(), ['draft', 'earlier', 'trial'])
    assert.ok(drafts.every((draft) => draft.workflow_id === workflow.id && draft.owner_id !== ''))
    const exported = await must(server.api<Drafts>('POST', '/api/privacy/export', { value }), 200)
    assert.ok(exported.drafts.some(({ source }) => source?.includes(`# mail to ${value}`)))

    const trialRuns = (await find(value)).map(({ run_id }) => run_id)
    assert.equal(trialRuns.length, 1, 'the run of the trial has the code, too')
    await must(server.api('POST', '/api/privacy/erase', { value, run_ids: [] }), 200)
    assert.deepEqual(await findDrafts(), [])
    type Draft = { draft: { source: string; files: Record<string, string> }; revision: number }
    const left = await must(server.api<Draft>('GET', path), 200)
    assert.deepEqual([left.draft.source, left.revision], [`${ECHO}# ask ***\n`, 4])
    assert.deepEqual(left.draft.files, { 'lib/people.py': 'WHO = "***"\n' })
    const history = await must(server.api<{ data: unknown[] }>('GET', `${path}/history`), 200)
    assert.deepEqual(history.data, [])
    await must(server.api('POST', '/api/privacy/erase', { value, run_ids: trialRuns }), 200)
    assert.deepEqual(await find(value), [])
  })

  test('a run that has not ended is not erased, and only owners ask', async () => {
    const workflow = await createCatch(server, {
      source: 'import time\ndef workflow(_request, settings):\n    time.sleep(500)\n',
      timeout_seconds: 600,
    })
    void callHook(workflow, call).catch(() => {})
    const running = await until(async () => (await listOf(workflow))[0])
    const erase = { value: EMAIL, run_ids: [running.id] }
    assert.equal((await server.api('POST', '/api/privacy/erase', erase)).status, 409)
    await must(server.api('POST', `/api/runs/${running.id}/cancel`, {}), 200)
    const { key } = await must(
      server.api<{ key: string }>('POST', '/api/keys', { name: 'writes', scopes: ['read', 'write', 'run'] }),
      201,
    )
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    for (const what of ['find', 'export', 'erase']) {
      const body = JSON.stringify(what === 'erase' ? erase : { value: EMAIL })
      const { status } = await fetch(`${server.url}/api/privacy/${what}`, { method: 'POST', headers, body })
      assert.equal(status, 403, what)
    }
  })

  test('a preview shows a past request as rules that are not saved would store it', async () => {
    const workflow = await createCatch(server, { source: ECHO })
    const path = `/api/workflows/${workflow.id}/privacy/preview`
    type Preview = { run_id: string | null; request: { body: string } | null; changed: boolean; redacted: boolean }
    const preview = (body: object) => must(server.api<Preview>('POST', path, body), 200)
    const none = { run_id: null, request: null, changed: false, redacted: false }
    assert.deepEqual(await preview({ privacy: PRIVACY }), none)
    const run = await runOf(server, await callHook(workflow, call))
    const shown = await preview({ privacy: PRIVACY })
    assert.deepEqual([shown.run_id, shown.changed, shown.redacted], [run.id, true, false])
    assert.deepEqual(JSON.parse(shown.request?.body ?? ''), { candidate: { name: 'Jane', email: '***' } })
    assert.equal((await preview({ privacy: null, run_id: run.id })).changed, false)
    assert.match(await everythingOf(run.id), new RegExp(EMAIL))
    assert.equal(
      (await server.api('POST', path, { privacy: { redact: [{ path: 'x', in: ['logs'], with: 'mask' }] } })).status,
      400,
    )
    assert.equal((await server.api('POST', path, { privacy: null, run_id: 'run_none' })).status, 404)
    await must(server.api('PATCH', `/api/workflows/${workflow.id}`, { privacy: PRIVACY }), 200)
    const masked = await runOf(server, await callHook(workflow, call))
    const again = await preview({ privacy: PRIVACY })
    assert.deepEqual([again.run_id, again.redacted], [masked.id, true], 'what was masked when it was stored says so')
    assert.deepEqual(again.request, shown.request)
  })

  test('an unknown field, path or detector is refused', async () => {
    const create = (privacy: unknown) =>
      server.api('POST', '/api/workflows', { name: 'refused', kind: 'catch', privacy }).then(({ status }) => status)
    assert.equal(await create({ redact: [{ path: 'candidate', in: ['logs'], with: 'mask' }] }), 400)
    assert.equal(await create({ redact: [{ detector: 'shoe_size', in: ['logs'], with: 'mask' }] }), 400)
    assert.equal(await create({ redact: [{ in: ['logs'], with: 'mask' }] }), 400)
    assert.equal(await create({ unknown: 1 }), 400)
  })
})
