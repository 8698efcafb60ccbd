/** Contract, section 7 (Canary): a share of a hook's calls runs a candidate for real. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startCluster } from '../helpers/cluster.ts'
import { type EngineServer, forEachEngine } from '../helpers/engines.ts'
import { type HttpTarget, startHttpTarget } from '../helpers/http-target.ts'
import type { TestServer } from '../helpers/server.ts'
import {
  callHook,
  createCatch,
  createPull,
  must,
  type RunBody,
  until,
  type WorkflowBody,
} from '../helpers/workflows.ts'

/** A busy machine runs the calls of a test more slowly than a call waits by default. */
const PATIENT = { WORKFLOWS_QUEUE_SECONDS: '600' }

const ANSWERS = (name: string) => `
import urllib.request
def workflow(request, settings):
    if "held" in request:
        urllib.request.urlopen(request["held"]).read()
    if request.get("fails") == "${name}": raise ValueError("no")
    return {"status_code": 200, "body": "${name}"}
`
const LANE = { from: 'body', path: 'candidate' }

type Side = { calls: number; failures: number; failure_ratio: number | null; p95_ms: number | null }
type CanaryBody = {
  canary: { version: number; percent: number } | null
  deployed_version: number
  last: { version: number; outcome: string | null; ended_at: string | null; deployed: Side; candidate: Side } | null
}

const canaryOf = async (server: TestServer, { id }: WorkflowBody) =>
  await must(server.api<CanaryBody>('GET', `/api/workflows/${id}/canary`), 200)
const change = async (server: TestServer, { id }: WorkflowBody, canary: object | null) =>
  await must(server.api('PATCH', `/api/workflows/${id}`, { canary }), 200)

/** A workflow whose version 1 answers `old`, and with a draft, version 2, that answers `new`. */
async function createTwo(server: TestServer, fields: object = {}): Promise<WorkflowBody> {
  const workflow = await createCatch(server, {
    source: ANSWERS('old'),
    max_concurrency: 50,
    timeout_seconds: 600,
    ...fields,
  })
  const draft = { source: ANSWERS('new'), deploy: false }
  await must(server.api('POST', `/api/workflows/${workflow.id}/versions`, draft), 201)
  return workflow
}

/** Which version answers each of these calls. */
const answersOf = async (workflow: WorkflowBody, bodies: readonly object[]) =>
  await Promise.all(bodies.map(async (body) => (await callHook(workflow, body)).text))

const numbered = (count: number, more: object = {}) => Array.from({ length: count }, (_, n) => ({ n, ...more }))

forEachEngine((start) => {
  let server: EngineServer
  let target: HttpTarget
  before(async () => {
    target = await startHttpTarget()
    server = await start({ ...PATIENT, WORKFLOWS_EGRESS_ALLOW: `127.0.0.1:${target.port}` })
  })
  after(async () => {
    await server.close()
    target.close()
  })

  test('a share of the calls runs the candidate, the same calls each time, and more when the share grows', async () => {
    const workflow = await createTwo(server)
    await change(server, workflow, { version: 2, percent: 30 })
    const bodies = numbered(60)
    const first = await answersOf(workflow, bodies)
    assert.deepEqual(await answersOf(workflow, bodies), first)
    const share = first.filter((answer) => answer === 'new').length / bodies.length
    assert.ok(share > 0.05 && share < 0.6, `${share} of the calls ran the candidate`)
    await change(server, workflow, { version: 2, percent: 70 })
    const more = await answersOf(workflow, bodies)
    assert.ok(first.every((answer, index) => answer === 'old' || more[index] === 'new'))
    const { last } = await canaryOf(server, workflow)
    assert.equal((last?.candidate.calls ?? 0) + (last?.deployed.calls ?? 0), 180)
    assert.equal(last?.candidate.failure_ratio, 0)
    assert.ok((last?.candidate.p95_ms ?? 0) > 0 && (last?.deployed.p95_ms ?? 0) > 0)
  })

  test('calls of one lane run one version', async () => {
    const workflow = await createTwo(server, { lane: LANE })
    await change(server, workflow, { version: 2, percent: 50 })
    for (const candidate of ['jane', 'joe', 'kim', 'lee']) {
      const answers = await answersOf(workflow, numbered(3, { candidate }))
      assert.equal(new Set(answers).size, 1, candidate)
    }
  })

  test('promoting deploys the candidate through the gate; any other deployment ends the canary too', async () => {
    const workflow = await createTwo(server)
    await callHook(workflow, {})
    await change(server, workflow, { version: 2, percent: 1 })
    const path = `/api/workflows/${workflow.id}`
    await must(server.api('PATCH', path, { deploy_gate: { last: 5, allow: ['same'] } }), 200)
    assert.equal((await server.api('POST', `${path}/canary/promote`, {})).status, 409)
    assert.equal((await canaryOf(server, workflow)).canary?.version, 2)
    const promoted = await must(server.api<CanaryBody>('POST', `${path}/canary/promote`, { force: true }), 200)
    assert.deepEqual([promoted.canary, promoted.deployed_version, promoted.last?.outcome], [null, 2, 'promoted'])
    assert.equal((await callHook(workflow, {})).text, 'new')
    const again = { canary: { version: 1, percent: 10 } }
    assert.equal((await server.api('PATCH', path, again)).status, 409)
    await must(server.api('PATCH', path, { ...again, force: true }), 200)
    await must(server.api('POST', `${path}/versions`, { source: ANSWERS('third'), force: true }), 201)
    const replaced = await canaryOf(server, workflow)
    assert.deepEqual([replaced.canary, replaced.last?.outcome], [null, 'replaced'])
    assert.equal((await server.api('POST', `${path}/canary/promote`, {})).status, 409)
  })

  test('a canary that fails too often ends by itself: audited, alerted, and its waiting calls run the deployed version', async () => {
    const receiver = await createCatch(server, { source: ANSWERS('alert') })
    const channel = { name: `to ${receiver.id}`, type: 'workflow', config: { workflow_id: receiver.id } }
    const { id: channelId } = await must(server.api<{ id: string }>('POST', '/api/channels', channel), 201)
    const workflow = await createTwo(server, { alerts: { channels: [channelId] }, max_concurrency: 1 })
    await change(server, workflow, { version: 2, percent: 99, abort_on: { failure_ratio: 0.5, min_calls: 4 } })
    const headers = { prefer: 'respond-async' }
    for (const body of numbered(8, { fails: 'new' })) await callHook(workflow, body, { headers })
    // The only slot is taken until the canary has ended.
    const held = `http://127.0.0.1:${target.port}/held`
    for (const body of numbered(3, { held, fails: 'new' })) await callHook(workflow, body, { headers })
    const ended = await until(async () => {
      const found = await canaryOf(server, workflow)
      return found.canary === null && found
    })
    target.release()
    assert.equal(ended.last?.outcome, 'aborted_by_failures')
    assert.ok((ended.last?.candidate.failures ?? 0) >= 3)
    const path = `/api/workflows/${workflow.id}/runs?limit=50`
    const runs = await until(async () => {
      const { data } = await must(server.api<{ data: RunBody[] }>('GET', path), 200)
      return data.every(({ status }) => ['succeeded', 'failed'].includes(status)) && data
    })
    assert.ok(
      runs.some((run) => run.status === 'succeeded' && run['version'] === 1),
      'a waiting call ran version 1',
    )
    const audit = `/api/audit?action=canary.abort&workflow_id=${workflow.id}`
    const { data } = await must(server.api<{ data: { detail: string }[] }>('GET', audit), 200)
    assert.equal(data.length, 1)
    assert.match(data[0]?.detail ?? '', /^version 2: \d of \d calls failed$/)
    const types = await until(async () => {
      const sent = await must(
        server.api<{ data: { type: string }[] }>('GET', `/api/alerts?workflow_id=${workflow.id}`),
        200,
      )
      return sent.data.some(({ type }) => type === 'canary_aborted') && sent.data.map(({ type }) => type)
    })
    assert.ok(types.includes('canary_aborted'))
  })

  test('a person ends a canary; fewer calls than the minimum never do', async () => {
    const workflow = await createTwo(server)
    await change(server, workflow, { version: 2, percent: 99, abort_on: { failure_ratio: 0 } })
    await answersOf(workflow, numbered(5, { fails: 'new' }))
    // One that does end: the server looks at all canaries in one go.
    const other = await createTwo(server)
    await change(server, other, { version: 2, percent: 99, abort_on: { failure_ratio: 0.5, min_calls: 4 } })
    await answersOf(other, numbered(8, { fails: 'new' }))
    await until(async () => (await canaryOf(server, other)).canary === null)
    assert.equal((await canaryOf(server, workflow)).canary?.version, 2)
    const answer = await must(server.api<CanaryBody>('POST', `/api/workflows/${workflow.id}/canary/abort`, {}), 200)
    assert.deepEqual([answer.canary, answer.last?.outcome], [null, 'aborted'])
    assert.equal((await server.api('POST', `/api/workflows/${workflow.id}/canary/abort`, {})).status, 409)
    assert.deepEqual(new Set(await answersOf(workflow, numbered(5))), new Set(['old']))
  })

  test('only another version of a deployed catch workflow is a canary', async () => {
    const workflow = await createTwo(server)
    const path = `/api/workflows/${workflow.id}`
    const refused = async (to: string, canary: object) => (await server.api('PATCH', to, { canary })).status
    assert.equal(await refused(path, { version: 1, percent: 10 }), 400)
    assert.equal(await refused(path, { version: 3, percent: 10 }), 400)
    assert.equal(await refused(path, { version: 2, percent: 100 }), 400)
    assert.equal(await refused(path, { version: 2, percent: 10, abort_on: { failure_ratio: 1 } }), 400)
    const broken = { source: 'def workflow(', deploy: false }
    await must(server.api('POST', `${path}/versions`, broken), 201)
    assert.equal(await refused(path, { version: 3, percent: 10 }), 422)
    const pull = await createPull(server, { source: 'def workflow(settings): pass' })
    assert.equal(await refused(`/api/workflows/${pull.id}`, { version: 1, percent: 10 }), 400)
    const made = { name: 'x', kind: 'catch', canary: { version: 1, percent: 10 } }
    assert.equal((await server.api('POST', '/api/workflows', made)).status, 400)
  })
})

test('two servers choose alike, count together, and end a failing canary once', async (t) => {
  const cluster = await startCluster(2, PATIENT)
  t.after(() => cluster.close())
  const [one, two] = cluster.servers
  assert.ok(one !== undefined && two !== undefined)
  const workflow = await createTwo(one)
  const other = { ...workflow, hook_url: workflow.hook_url.replace(one.url, two.url) }
  await change(one, workflow, { version: 2, percent: 50, abort_on: { failure_ratio: 0.5, min_calls: 10 } })
  const bodies = numbered(30)
  assert.deepEqual(await answersOf(other, bodies), await answersOf(workflow, bodies))
  const { last } = await canaryOf(two, workflow)
  assert.equal((last?.candidate.calls ?? 0) + (last?.deployed.calls ?? 0), 60)
  await Promise.all([workflow, other].map((hook) => answersOf(hook, numbered(80, { fails: 'new' }))))
  await until(async () => (await canaryOf(two, workflow)).canary === null)
  const audit = `/api/audit?action=canary.abort&workflow_id=${workflow.id}`
  assert.equal((await must(one.api<{ data: unknown[] }>('GET', audit), 200)).data.length, 1)
})
