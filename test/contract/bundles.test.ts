/** Bundles of decisions, which are taken again in a sandbox without the server. */

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { unzipSync } from 'fflate'
import { compareDecision } from '../../src/domain/decisions/bundle/compare.ts'
import { readBundle } from '../../src/domain/decisions/bundle/read-bundle.ts'
import { replayBundle } from '../../src/runs/decisions/replay-bundle.ts'
import type { Pool } from '../../src/workers/pool/pool.ts'
import { type CommandLine, createCommandLine } from '../helpers/command-line.ts'
import { ended, makeScript, runIdOf, waiting } from '../helpers/durable.ts'
import { type EngineServer, forEachEngine } from '../helpers/engines.ts'
import { type HttpTarget, startHttpTarget } from '../helpers/http-target.ts'
import { keyWith } from '../helpers/planted-secrets.ts'
import { openPool } from '../helpers/pool.ts'
import { createOwner, createPerson, type Person } from '../helpers/roles.ts'
import { callHook, createCatch, must, until, type WorkflowBody } from '../helpers/workflows.ts'

type Replay = { problem: string | null; differences: readonly string[]; notes: readonly string[] }

const SECRET = 'hush-hush-4711-secret'

const PYTHON = `
import requests
from workflows import ask, decide, step, wait_for

def workflow(_request, settings):
    sent = step("send", lambda: requests.post(
        _request["base"] + "/score?key=" + settings["API_KEY"], json={"years": _request["years"]}).json())
    posted = wait_for("form", within="1d")
    answer = ask("fit", title="Fit?", choices=["yes", "no"], to=["lea@example.com"])
    fits = sent["method"] == "POST" and answer.choice == "yes" and _request["years"] >= settings["least"]
    decide(_request["email"], "invite", name="first", reasons=["a start"])
    outcome = decide(_request["email"], "invite" if fits else "reject", reasons=["by " + answer.by.name],
                     inputs={"years": _request["years"], "form": posted["score"]}, score=0.5)
    requests.post(_request["base"] + "/after")
    return {"status_code": 200, "body": outcome}
`

const SCRIPT = `const sent = await step('send', async () => (await fetch(request.base + '/score?key=' + settings.API_KEY)).json())
const outcome = await decide({
  subject: request.email,
  outcome: sent.method === 'GET' && request.years >= settings.least ? 'invite' : 'reject',
  reasons: ['years'],
  inputs: { years: request.years },
  model: { name: 'rules', version: '1' },
})
return answer(outcome)`

const CHANCE = `
import random
from workflows import decide

def workflow(_request, settings):
    return decide("ana@example.com", "invite", reasons=["draw"], score=random.random())
`

const OVERSEEN = {
  decisions: {
    oversight: { outcomes: ['reject'], reviewers: ['lea@example.com'], within: '7d', reason_required: true },
  },
}

forEachEngine((start, engine) => {
  let pool: Pool
  let publicKey = ''
  let server: EngineServer
  let target: HttpTarget
  let lea: Person
  let line: CommandLine
  let url = ''
  before(async () => {
    target = await startHttpTarget()
    url = `http://127.0.0.1:${target.port}`
    server = await start({ WORKFLOWS_EGRESS_ALLOW: `127.0.0.1:${target.port}` })
    pool = await openPool()
    publicKey = (await must(server.api<{ public_key: string }>('GET', '/api/decisions/key'), 200)).public_key
    await createOwner(server)
    lea = await createPerson(server, 'editor', 'lea')
    line = createCommandLine({ WORKFLOWS_URL: server.url, WORKFLOWS_API_KEY: server.apiKey })
  })
  after(async () => {
    line?.remove()
    await server?.close()
    await pool?.close()
    target.close()
  })

  const settings = { API_KEY: SECRET, least: 5 }
  const secretly = async (workflow: WorkflowBody) => {
    const path = `/api/workflows/${workflow.id}/settings/API_KEY`
    await must(server.api('PUT', path, { value: SECRET, secret: true }), 200)
    return workflow
  }
  const answerTask = async (runId: string, body: object) => {
    const id = await until(async () => {
      const { waiting_for } = await waiting(server, runId)
      return (waiting_for as { task_id: string | null }[] | null)?.[0]?.task_id ?? false
    })
    const headers = { ...lea.sender, 'content-type': 'application/json' }
    const sent = { method: 'POST', headers, body: JSON.stringify(body) }
    const { status } = await fetch(new URL(`/api/tasks/${id}/answer`, server.url), sent)
    assert.equal(status, 200)
  }
  const decisionOf = async ({ id }: WorkflowBody) => {
    const { data } = await must(server.api<{ data: { id: string }[] }>('GET', `/api/decisions?workflow_id=${id}`), 200)
    return data[0]?.id ?? ''
  }
  const bundleOf = async (id: string) => {
    const headers = { Authorization: `Bearer ${server.apiKey}` }
    const answer = await fetch(`${server.url}/api/decisions/${id}/bundle`, { headers })
    assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, 'application/zip'])
    return new Uint8Array(await answer.arrayBuffer())
  }
  const replay = async (bytes: Uint8Array): Promise<Replay> => {
    const bundle = readBundle(bytes, publicKey)
    const prepared = { runtime: bundle.run.runtime, environment: null }
    const { decision, problem } = await replayBundle(pool, prepared, bundle)
    const differences = decision === null ? [] : compareDecision(bundle.decision, decision)
    return { problem, differences: differences.map(({ field }) => field), notes: bundle.manifest.notes }
  }

  test('a decision with recorded calls, events, answers and a secret is decided equally again, and nothing is sent', async () => {
    const workflow = await secretly(await createCatch(server, { source: PYTHON, settings, record_outbound: true }))
    const runId = runIdOf(await callHook(workflow, { base: url, email: 'ana@example.com', years: 7 }))
    await waiting(server, runId)
    await must(server.api('POST', `/api/runs/${runId}/events/form`, { body: { score: 3 } }), 202)
    await answerTask(runId, { choice: 'yes' })
    assert.equal((await ended(server, runId)).status, 'succeeded')
    const bytes = await bundleOf(await decisionOf(workflow))
    assert.equal(Buffer.from(bytes).includes(SECRET), false)
    assert.deepEqual(Object.keys(unzipSync(bytes)).toSorted(), [
      'answers.json',
      'calls.json',
      'chain.json',
      'code/workflow.py',
      'decision.json',
      'manifest.json',
      'request.json',
      'run.json',
      'sbom.json',
      'settings.json',
      'signature.json',
    ])
    const sent = target.asked.length
    const found = await replay(bytes)
    assert.deepEqual(found, {
      problem: null,
      differences: [],
      notes: [
        'Without the secrets API_KEY: the function gets ***.',
        // The step returned the URL, which has the secret.
        'Parts of the answers are ***.',
        'The run waited, so its steps are not done again: a replay uses their stored results.',
        'The headers of events are not kept.',
      ],
    })
    assert.equal(target.asked.length, sent)
  })

  test('a decision of TypeScript is decided equally again', async () => {
    const workflow = await secretly(await makeScript(server, SCRIPT, { settings, record_outbound: true }))
    const runId = runIdOf(await callHook(workflow, { base: url, email: 'ana@example.com', years: 7 }))
    assert.equal((await ended(server, runId)).status, 'succeeded')
    const bytes = await bundleOf(await decisionOf(workflow))
    assert.deepEqual(await replay(bytes), {
      problem: null,
      differences: [],
      notes: ['Without the secrets API_KEY: the function gets ***.'],
    })
    // The command never uses the server's database, so one engine suffices.
    if (engine !== 'SQLite') return
    writeFileSync(join(line.cwd, 'bundle.zip'), bytes)
    const command = ['decisions', 'replay', 'bundle.zip', '--key']
    const equal = await line.run([...command, publicKey])
    assert.deepEqual([equal.code, equal.err], [0, ''])
    assert.match(equal.out, /^dec_\S+: number 1 of wf_.*\nThe signature.* are intact\.\nEqual: .*\nNote: Without the/)
    const changed = Buffer.from(bytes)
    changed.write('yeary', changed.indexOf('years >= settings'))
    writeFileSync(join(line.cwd, 'changed.zip'), changed)
    const refused = await line.run(['decisions', 'replay', 'changed.zip'])
    assert.deepEqual([refused.code, refused.out], [1, ''])
    assert.match(refused.err, /changed\.zip is refused: "code\/workflow\.ts" was changed\. Nothing was run\./)
    assert.equal((await line.run([...command, 'no key'])).code, 2)
    assert.equal((await line.run(['decisions', 'replay', 'absent.zip'])).code, 1)
  })

  test('a decision after runs of other workflows is decided again by their ends', async () => {
    const called = await createCatch(server, {
      source: 'def workflow(_request, settings):\n    return {"status_code": 200, "body": str(1 / _request["n"])}\n',
    })
    const workflow = await createCatch(server, {
      source: `
from workflows import decide, run, RunFailed

def workflow(_request, settings):
    body = run(_request["name"], {"n": 2})["body"]
    try:
        run(_request["name"], {"n": 0})
    except RunFailed as error:
        return decide("ana@example.com", "invite", reasons=[body, error.code, error.message, error.run_id[:4]])
`,
    })
    await ended(server, runIdOf(await callHook(workflow, { name: called.id })))
    const { problem, differences } = await replay(await bundleOf(await decisionOf(workflow)))
    assert.deepEqual([problem, differences], [null, []])
  })

  test('the proposal of an overseen decision is decided again, and chance is named beforehand', async () => {
    const source = PYTHON.slice(0, PYTHON.indexOf('\ndef'))
    const overseen = await createCatch(server, {
      source: `${source}
def workflow(_request, settings):
    return decide("bo@example.com", "reject", reasons=["1 year"], inputs={"years": 1})
`,
      ...OVERSEEN,
    })
    const runId = runIdOf(await callHook(overseen, {}))
    await answerTask(runId, { choice: 'reject', reason: 'Too early' })
    await ended(server, runId)
    const found = await replay(await bundleOf(await decisionOf(overseen)))
    assert.deepEqual(found, { problem: null, differences: [], notes: [] })
    const chance = await createCatch(server, { source: CHANCE })
    await ended(server, runIdOf(await callHook(chance, {})))
    const other = await replay(await bundleOf(await decisionOf(chance)))
    assert.deepEqual([other.problem, other.differences], [null, ['score']])
    assert.match(other.notes[0] ?? '', /^code\/workflow\.py:2 has random/)
  })

  test('parts of the request and of recorded calls that rules redacted are named beforehand, also as hashes', async () => {
    const source = `
import requests
from workflows import decide

def workflow(_request, settings):
    sent = requests.post(_request["base"] + "/score", data=_request["email"]).json()
    return decide("1", "invite", reasons=["mailed"], inputs=[_request["email"], sent["body"]])
`
    const noteOf = { request: /^Parts of the request were redacted/, logs: /may have redacted recorded calls/ }
    for (const place of ['request', 'logs'] as const) {
      const privacy = { redact: [{ detector: 'email', in: [place], with: 'hash' }] }
      const workflow = await createCatch(server, { source, privacy, record_outbound: true })
      const run = await ended(server, runIdOf(await callHook(workflow, { base: url, email: 'ana@example.com' })))
      assert.equal(run.status, 'succeeded', String(run.message))
      const { problem, differences, notes } = await replay(await bundleOf(await decisionOf(workflow)))
      assert.ok(problem !== null || differences.includes('inputs'), `${place}: ${problem}`)
      assert.ok(
        notes.some((note) => noteOf[place].test(note)),
        `${place}: ${notes}`,
      )
    }
  })

  test('only an admin gets a bundle, and a decision without its request has none', async () => {
    const workflow = await createCatch(server, { source: CHANCE })
    const runId = runIdOf(await callHook(workflow, {}))
    await ended(server, runId)
    const id = await decisionOf(workflow)
    for (const scopes of [['read'], ['read', 'run', 'write']]) {
      const answer = await fetch(`${server.url}/api/decisions/${id}/bundle`, { headers: await keyWith(server, scopes) })
      assert.equal(answer.status, 403)
    }
    const { data } = await must(
      server.api<{ data: { action: string; detail: string }[] }>('GET', '/api/audit?action=decisions.export'),
      200,
    )
    await bundleOf(id)
    const after = await must(
      server.api<{ data: { detail: string }[] }>('GET', '/api/audit?action=decisions.export'),
      200,
    )
    assert.deepEqual([after.data.length, after.data[0]?.detail], [data.length + 1, id])
    await must(server.api('DELETE', `/api/runs/${runId}`), 204)
    const refused = await server.api('GET', `/api/decisions/${id}/bundle`)
    assert.deepEqual([refused.status, refused.body.code], [409, 'conflict'])
    assert.match(String(refused.body.detail), /the request of its run was deleted/)
  })

  test('each reader gets the key of the signatures', async () => {
    const answer = await fetch(`${server.url}/api/decisions/key`, { headers: await keyWith(server, ['read']) })
    assert.deepEqual([answer.status, await answer.json()], [200, { algorithm: 'Ed25519', public_key: publicKey }])
  })
})
