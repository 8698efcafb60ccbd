/** Attempts on other paths: tests, trials, events, ends of tasks, and changes of the workflow. */

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { ended, runIdOf, waiting } from '../../helpers/durable.ts'
import type { Sender } from '../../helpers/roles.ts'
import { type Answer, readAnswer } from '../../helpers/server.ts'
import { tryOut } from '../../helpers/trials.ts'
import { callHook, createCatch, logsOf, must, type RunBody, until, type WorkflowBody } from '../../helpers/workflows.ts'
import { ASKS_AND_DECIDES, type Attack, OVERSEEN, runAttacks, type Stage, YES } from './stage.ts'

type Decided = { readonly workflow: WorkflowBody; readonly runId: string; readonly id: string }
type Try = (stage: Stage, decided: Decided) => Promise<void>

const overseen = ({ server }: Stage, fields: object = {}) =>
  createCatch(server, {
    source: ASKS_AND_DECIDES,
    retries: { count: 0 },
    decisions: { oversight: OVERSEEN },
    ...fields,
  })

/** The run has the decision that a person confirmed. The attempts add no second decision. */
export function pathAttacks(stageOf: () => Stage): void {
  let decided: Decided
  before(async () => {
    const stage = stageOf()
    const workflow = await overseen(stage)
    const runId = await stage.call(workflow)
    await stage.leaAgrees(workflow, runId, await stage.taskOf(runId), 'control')
    const { data } = await must(stage.server.api<{ data: { id: string }[] }>('GET', listOf(workflow)), 200)
    decided = { workflow, runId, id: data[0]?.id ?? '' }
  })
  const numbered = (attempts: Readonly<Record<string, Try>>, first: number): readonly Attack[] =>
    Object.entries(attempts).map(([name, attempt], index) => ({
      id: `D21-${first + index}`,
      name,
      async attempt() {
        const stage = stageOf()
        const known = await stage.decisionsOf(decided.workflow)
        await attempt(stage, decided)
        assert.deepEqual(await stage.decisionsOf(decided.workflow), known, name)
      },
    }))
  runAttacks([
    ...numbered(EXECUTIONS, 201),
    ...numbered(ROUTES, 221),
    ...numbered(ENDS, 241),
    ...numbered(CHANGES, 261),
  ])
  test('D21-299 every decision with the outcome has a person, and all chains are whole', async () => {
    const { server, people } = stageOf()
    const { data } = await must(server.api<{ data: Found[] }>('GET', '/api/decisions?outcome=reject&limit=200'), 200)
    assert.ok(data.length > 30, String(data.length))
    // Bob may win when both answer at the same time.
    const reviewers = [people.lea.id, people.bob.id]
    for (const { decided_by, oversight } of data) {
      assert.ok(typeof decided_by === 'object' && reviewers.includes(decided_by.id), JSON.stringify(decided_by))
      assert.equal(oversight?.choice, 'reject')
    }
    assert.equal((await must(server.api<{ ok: boolean }>('POST', '/api/decisions/verify', {}), 200)).ok, true)
  })
}

type Found = {
  readonly decided_by: string | { readonly id: string }
  readonly oversight: { readonly choice: string } | null
}

const listOf = ({ id }: WorkflowBody): string => `/api/decisions?workflow_id=${id}`

/** Starts a workflow for one attempt. Its run waits for a person. */
async function pending(stage: Stage, fields: object = {}, request: object = {}) {
  const workflow = await overseen(stage, fields)
  const runId = await stage.call(workflow, request)
  return { workflow, runId, taskId: await stage.taskOf(runId) }
}

type Pending = Awaited<ReturnType<typeof pending>>

async function stillOpen({ as, people, hasNone }: Stage, { workflow, taskId }: Pending): Promise<void> {
  assert.equal((await must(as(people.lea.sender, 'GET', `/api/tasks/${taskId}`), 200)).status, 'open')
  await hasNone(workflow, 'still open')
}

/** Checks that the task is open, that no decision is stored, and that Lea's answer counts. */
async function onlyLeaEnds(stage: Stage, one: Pending, what: string): Promise<void> {
  await stillOpen(stage, one)
  await stage.leaAgrees(one.workflow, one.runId, one.taskId, what)
}

async function refused(
  sent: Promise<Answer<{ readonly code?: string | null }>>,
  ...expected: (number | string)[]
): Promise<void> {
  const { status, body, text } = await sent
  const isExpected = expected.includes(status) || (typeof body?.code === 'string' && expected.includes(body.code))
  assert.ok(isExpected && status >= 400, `${status} ${text}`)
}

const bearer = (key: string): Sender => ({ authorization: `Bearer ${key}` })
const started = (stage: Stage, { id }: WorkflowBody, body: object, sender: Sender = bearer(stage.server.apiKey)) =>
  stage.as<RunBody & { code: string | null }>(sender, 'POST', `/api/workflows/${id}/runs`, body)

const TEST = { source: ASKS_AND_DECIDES, request: { body: {} } }
const GIVEN = { answers: { decision: YES } }

const EXECUTIONS: Readonly<Record<string, Try>> = {
  async 'a test'(stage, { workflow }) {
    const run = await must(started(stage, workflow, TEST), 200)
    assert.deepEqual([run.status, run.code], ['failed', 'needs_answer'], String(run.message))
  },
  async 'a test with the answer of the reviewer'(stage, { workflow }) {
    const run = await must(started(stage, workflow, { ...TEST, ...GIVEN }), 200)
    assert.equal(run.status, 'succeeded', String(run.message))
  },
  async 'a test of the deployed version with the answer of the reviewer'(stage, { workflow }) {
    const test = { request: { body: {} }, keep_settings: false, ...GIVEN }
    assert.equal((await must(started(stage, workflow, test), 200)).status, 'succeeded')
  },
  async 'a test that waits for the reviewer'(stage, { workflow }) {
    const { id } = await must(started(stage, workflow, { ...TEST, waits: 'real' }), 200)
    assert.equal((await stage.answer(stage.people.lea.sender, await stage.taskOf(id))).status, 200)
    assert.equal((await ended(stage.server, id)).status, 'succeeded')
  },
  async 'a run of the deployed version with the answer of the reviewer'(stage, { workflow }) {
    await refused(started(stage, workflow, { request: { body: {} }, ...GIVEN }), 400)
  },
  async 'the answer of the reviewer by a key that may only run'(stage, { workflow }) {
    const { sender } = await stage.keyOf(stage.people.bob.sender, ['read', 'run'])
    const test = { request: { body: {} }, keep_settings: false, ...GIVEN }
    await refused(started(stage, workflow, test, sender), 403)
  },
  async 'a trial with the recorded answer'(stage, { workflow, runId }) {
    const { cases } = await tryOut(stage.server, workflow.id, { version: 1, runs: [runId], outbound: 'blocked' })
    assert.deepEqual(
      cases.map(({ verdict }) => verdict),
      ['same'],
    )
  },
  async 'a trial of code that proposes the outcome for another person'(stage, { workflow, runId }) {
    const source = ASKS_AND_DECIDES.replace('ana@', 'bea@')
    const { cases } = await tryOut(stage.server, workflow.id, { source, runs: [runId], outbound: 'blocked' })
    assert.equal(cases.length, 1)
  },
  async 'an explanation'(stage, { id }) {
    const begun = await must(
      stage.server.api<{ id: string }>('POST', `/api/decisions/${id}/explain`, { max_runs: 3 }),
      202,
    )
    await until(async () => {
      const found = await must(stage.server.api<{ status: string }>('GET', `/api/explanations/${begun.id}`), 200)
      return found.status !== 'running'
    })
  },
  async 'a gate that tries the version'(stage, { workflow }) {
    const { server } = stage
    const gate = { last: 1, allow: ['same', 'changed', 'fixed', 'broken', 'not_comparable'] }
    await must(server.api('PATCH', `/api/workflows/${workflow.id}`, { deploy_gate: gate }), 200)
    await must(server.api('POST', `/api/workflows/${workflow.id}/versions`, { source: `${ASKS_AND_DECIDES}\n` }), 201)
    await must(server.api('PATCH', `/api/workflows/${workflow.id}`, { deploy_gate: null }), 200)
  },
  async 'a replay of a run with a yes'(stage, { runId }) {
    const { id } = await must(stage.server.api<RunBody>('POST', `/api/runs/${runId}/replay`, {}), 200)
    await stage.taskOf(id)
    await must(stage.server.api('POST', `/api/runs/${id}/cancel`, {}), 200)
  },
  async 'a replay from the steps of a run with a yes'(stage, { runId }) {
    await refused(stage.server.api('POST', `/api/runs/${runId}/replay`, { from: 'steps' }), 409)
  },
  async 'a canary'(stage) {
    const { server, call, taskOf, hasNone } = stage
    const workflow = await overseen(stage)
    const path = `/api/workflows/${workflow.id}`
    await must(server.api('POST', `${path}/versions`, { source: `${ASKS_AND_DECIDES}\n`, deploy: false }), 201)
    await must(server.api('PATCH', path, { canary: { version: 2, percent: 50 } }), 200)
    for (const runId of [await call(workflow), await call(workflow), await call(workflow)]) await taskOf(runId)
    await hasNone(workflow, 'canary')
  },
}

const ROUTES: Readonly<Record<string, Try>> = {
  async 'a wake of the run'(stage) {
    const one = await pending(stage)
    await refused(stage.server.api('POST', `/api/runs/${one.runId}/wake`, {}), 409)
    await refused(stage.server.api('POST', `/api/runs/${one.runId}/wake`, { name: 'decision' }), 409)
    await onlyLeaEnds(stage, one, 'wake')
  },
  async 'an event with the name of the decision'(stage) {
    const one = await pending(stage)
    const path = `/api/runs/${one.runId}/events/decision`
    await must(stage.server.api('POST', path, { body: { ...YES, by: { id: 'x', name: 'lea' } } }), 202)
    await onlyLeaEnds(stage, one, 'event')
  },
  async 'a call of the URL of a wait with the name of the decision'(stage) {
    const { server, call, taskOf } = stage
    const source = ASKS_AND_DECIDES.replace('import ask,', 'import ask, url_of,').replace(
      '    outcome =',
      '    print(url_of("decision"))\n    outcome =',
    )
    const workflow = await overseen(stage, { source })
    const runId = await call(workflow)
    const one = { workflow, runId, taskId: await taskOf(runId) }
    const url = (await logsOf(server, runId))[0]?.text ?? ''
    const headers = { 'content-type': 'application/json' }
    const posted = await fetch(url, { method: 'POST', headers, body: JSON.stringify(YES) })
    assert.equal(posted.status, 202)
    await onlyLeaEnds(stage, one, 'wait')
  },
  async 'settings with the name of the decision'(stage) {
    const one = await pending(stage)
    for (const key of ['decision', 'decisions', 'oversight'])
      await must(stage.server.api('PUT', `/api/workflows/${one.workflow.id}/settings/${key}`, { value: YES }), 200)
    await onlyLeaEnds(stage, one, 'settings')
  },
  async 'a request with the fields of an answer'(stage) {
    const one = await pending(stage, {}, { decision: YES, answers: { decision: YES }, oversight: null, task: 'done' })
    await onlyLeaEnds(stage, one, 'request')
  },
  async 'a call of the hook with headers of the protocol'(stage) {
    const workflow = await overseen(stage)
    const headers = { 'x-oversight': 'none', 'x-decided-by': 'lea', prefer: 'wait=1, handling=lenient' }
    const runId = runIdOf(await callHook(workflow, {}, { headers }))
    await onlyLeaEnds(stage, { workflow, runId, taskId: await stage.taskOf(runId) }, 'headers')
  },
  async 'a repeated call with the idempotency key of a yes'(stage) {
    const workflow = await overseen(stage)
    const headers = { 'idempotency-key': 'once' }
    const runId = runIdOf(await callHook(workflow, {}, { headers }))
    const taskId = await stage.taskOf(runId)
    await stage.leaAgrees(workflow, runId, taskId, 'idempotency')
    await callHook(workflow, { outcome: 'reject' }, { headers })
    await stage.hasOnlyLeas(workflow, taskId, 'idempotency')
  },
  async 'a new decision by the API'({ as, people }) {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
      await refused(as(people.ada.sender, method, '/api/decisions', { outcome: 'reject' }), 404, 405)
  },
  async 'a changed decision by the API'({ as, people }, { id }) {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
      await refused(as(people.ada.sender, method, `/api/decisions/${id}`, { outcome: 'reject' }), 404, 405)
  },
  async 'a changed run by the API'({ as, people }, { runId }) {
    for (const method of ['PUT', 'PATCH'])
      await refused(as(people.ada.sender, method, `/api/runs/${runId}`, { status: 'succeeded' }), 404, 405)
    await refused(as(people.ada.sender, 'POST', `/api/runs/${runId}/steps`, { kind: 'task' }), 404, 405)
  },
}

const over = (stage: Stage, taskId: string) =>
  refused(stage.answer(stage.people.lea.sender, taskId), 'task_over', 'already_answered')

const ENDS: Readonly<Record<string, Try>> = {
  async 'a yes after the run was cancelled'(stage) {
    const { workflow, runId, taskId } = await pending(stage)
    await must(stage.server.api('POST', `/api/runs/${runId}/cancel`, {}), 200)
    await over(stage, taskId)
    await stage.hasNone(workflow, 'cancelled')
  },
  async 'no yes in time, a late yes, and another attempt'(stage) {
    const { server, call, taskOf, hasNone } = stage
    const workflow = await overseen(stage, { decisions: { oversight: { ...OVERSEEN, within: '1s' } } })
    const runId = await call(workflow)
    assert.equal((await ended(server, runId)).code, 'wait_timed_out')
    const path = `/api/tasks?status=expired&workflow_id=${workflow.id}`
    const { data } = await must(stage.as<{ data: { id: string }[] }>(stage.people.lea.sender, 'GET', path), 200)
    await over(stage, data[0]?.id ?? '')
    const within = { decisions: { oversight: { ...OVERSEEN, within: '7d' } } }
    await must(server.api('PATCH', `/api/workflows/${workflow.id}`, within), 200)
    const next = await must(server.api<RunBody>('POST', `/api/runs/${runId}/replay`, { from: 'steps' }), 202)
    const taskId = await taskOf(next.id)
    await hasNone(workflow, 'expired')
    await stage.leaAgrees(workflow, next.id, taskId, 'expired')
  },
  async 'a yes after a no'(stage) {
    const decisions = { outcomes: ['reject', 'invite'], oversight: OVERSEEN }
    const { workflow, runId, taskId } = await pending(stage, { decisions })
    const no = { choice: 'invite', reason: 'No' }
    assert.equal((await stage.answer(stage.people.lea.sender, taskId, no)).status, 200)
    await over(stage, taskId)
    assert.equal((await ended(stage.server, runId)).status, 'succeeded')
    await over(stage, taskId)
    await stage.hasNone(workflow, 'overruled')
  },
  async 'a second person after a no'(stage) {
    const decisions = { outcomes: ['reject', 'invite'], oversight: OVERSEEN }
    const { workflow, runId, taskId } = await pending(stage, { decisions })
    const no = { choice: 'invite', reason: 'No' }
    assert.equal((await stage.answer(stage.people.lea.sender, taskId, no)).status, 200)
    await refused(stage.answer(stage.people.bob.sender, taskId), 'already_answered')
    await refused(stage.server.api('POST', `/api/runs/${runId}/replay`, { from: 'steps' }), 409)
    await stage.hasNone(workflow, 'overruled')
  },
  async 'eight answers at the same time'(stage) {
    const decisions = { outcomes: ['reject', 'invite'], oversight: OVERSEEN }
    const { workflow, runId, taskId } = await pending(stage, { decisions })
    const choices = Array.from({ length: 8 }, (_, index) => (index % 2 === 0 ? 'reject' : 'invite'))
    const senders = [stage.people.lea.sender, stage.people.bob.sender]
    const all = await Promise.all(
      choices.map((choice, index) => stage.answer(senders[index >> 2] ?? {}, taskId, { ...YES, choice })),
    )
    const counted = all.findIndex(({ status }) => status === 200)
    assert.equal(all.filter(({ status }) => status === 200).length, 1)
    assert.equal((await ended(stage.server, runId)).status, 'succeeded')
    const found = await stage.decisionsOf(workflow)
    assert.deepEqual(
      found.map(({ outcome }) => outcome),
      [choices[counted]],
    )
  },
  async 'a yes and the end of the run at the same time'(stage) {
    const { workflow, runId, taskId } = await pending(stage)
    const [answered] = await Promise.all([
      stage.answer(stage.people.lea.sender, taskId),
      stage.server.api('POST', `/api/runs/${runId}/cancel`, {}),
    ])
    if (answered.status === 200) await stage.hasOnlyLeas(workflow, taskId, 'both')
    else await stage.hasNone(workflow, 'both')
  },
  async 'two decisions with one yes'(stage) {
    const { server, call, taskOf, answer, people } = stage
    const source = `
from workflows import decide

def workflow(_request, settings):
    for one in "ab":
        decide(one, "reject", reasons=["x"])
`
    const workflow = await overseen(stage, { source })
    const runId = await call(workflow)
    const first = await taskOf(runId)
    assert.equal((await answer(people.lea.sender, first)).status, 200)
    const second = await until(async () => {
      const found = await taskOf(runId)
      return found !== first && found
    })
    await stage.hasOnlyLeas(workflow, first, 'first of two')
    await must(server.api('POST', `/api/runs/${runId}/cancel`, {}), 200)
    await over(stage, second)
    await stage.hasOnlyLeas(workflow, first, 'first of two')
  },
  async 'the yes for another run'(stage) {
    const { workflow, runId, taskId } = await pending(stage)
    const other = await stage.call(workflow)
    await stage.taskOf(other)
    await stage.leaAgrees(workflow, runId, taskId, 'one of two runs')
    assert.equal((await waiting(stage.server, other)).status, 'waiting')
    await stage.hasOnlyLeas(workflow, taskId, 'one of two runs')
  },
  async 'a yes after the person was erased'(stage) {
    const value = 'eva@example.com'
    const { workflow, runId, taskId } = await pending(stage, {}, { email: value })
    const erasure = { value, run_ids: [runId], cancel_waiting: true }
    await must(stage.server.api('POST', '/api/privacy/erase', erasure), 200)
    await refused(stage.answer(stage.people.lea.sender, taskId), 404, 409)
    await stage.hasNone(workflow, 'erased')
  },
  async 'a yes after the workflow was archived'(stage) {
    const { workflow, taskId } = await pending(stage)
    const archive = { archived: true, cancel_waiting: true }
    await must(stage.server.api('PATCH', `/api/workflows/${workflow.id}`, archive), 200)
    await over(stage, taskId)
    await stage.hasNone(workflow, 'archived')
  },
}

const OFF = { decisions: null }
const patch = ({ as }: Stage, sender: Sender, { id }: WorkflowBody, fields: object) =>
  as(sender, 'PATCH', `/api/workflows/${id}`, fields)

async function folderWithoutOversight({ server }: Stage): Promise<Uint8Array<ArrayBuffer>> {
  const { id } = await createCatch(server, { source: ASKS_AND_DECIDES })
  const url = new URL(`/api/workflows/${id}/export`, server.url)
  return new Uint8Array(await (await fetch(url, { headers: bearer(server.apiKey) })).arrayBuffer())
}

async function push(stage: Stage, sender: Sender, { id }: WorkflowBody): Promise<Answer<{ code?: string }>> {
  const url = new URL(`/api/workflows/${id}/import?deploy=true`, stage.server.url)
  const headers = { ...sender, 'content-type': 'application/zip' }
  return await readAnswer(await fetch(url, { method: 'POST', headers, body: await folderWithoutOversight(stage) }))
}

/** The workflow can be changed by Lea and by owners only. */
const restricted = (stage: Stage) => pending(stage, { editors: [stage.people.lea.id] })

const CHANGES: Readonly<Record<string, Try>> = {
  async 'oversight switched off by those who may not change the workflow'(stage) {
    const one = await restricted(stage)
    const { eve, vic, abe } = stage.people
    for (const { sender } of [eve, vic, abe]) await refused(patch(stage, sender, one.workflow, OFF), 403)
    await refused(patch(stage, {}, one.workflow, OFF), 401)
    for (const scopes of [['read'], ['read', 'run']])
      await refused(patch(stage, (await stage.keyOf(stage.people.bob.sender, scopes)).sender, one.workflow, OFF), 403)
    await onlyLeaEnds(stage, one, 'switched off')
  },
  async 'a folder without oversight by those who may not change the workflow'(stage) {
    const one = await restricted(stage)
    const { eve, vic, abe } = stage.people
    for (const { sender } of [eve, vic, abe]) await refused(push(stage, sender, one.workflow), 403)
    await onlyLeaEnds(stage, one, 'folder')
  },
  async 'oversight switched off while the task is open'(stage) {
    const one = await pending(stage)
    await must(patch(stage, stage.people.ada.sender, one.workflow, OFF), 200)
    await onlyLeaEnds(stage, one, 'off while open')
  },
  async 'a folder without oversight while the task is open'(stage) {
    const one = await pending(stage)
    assert.equal((await push(stage, stage.people.ada.sender, one.workflow)).status, 200)
    await onlyLeaEnds(stage, one, 'folder while open')
  },
  async 'another overseen outcome while the task is open'(stage) {
    const one = await pending(stage)
    const oversight = { ...OVERSEEN, outcomes: ['decline'] }
    await must(patch(stage, stage.people.ada.sender, one.workflow, { decisions: { oversight } }), 200)
    await onlyLeaEnds(stage, one, 'other outcome')
  },
  async 'other reviewers while the task is open'(stage) {
    const one = await pending(stage)
    const oversight = { ...OVERSEEN, reviewers: ['eve@example.com'], reason_required: false }
    await must(patch(stage, stage.people.ada.sender, one.workflow, { decisions: { oversight } }), 200)
    await refused(stage.answer(stage.people.eve.sender, one.taskId), 'may_not_answer')
    await refused(stage.answer(stage.people.lea.sender, one.taskId, { choice: 'reject' }), 400)
    await onlyLeaEnds(stage, one, 'other reviewers')
  },
  async 'a shorter time while the task is open'(stage) {
    const one = await pending(stage)
    const oversight = { ...OVERSEEN, within: '1s' }
    await must(patch(stage, stage.people.ada.sender, one.workflow, { decisions: { oversight } }), 200)
    await onlyLeaEnds(stage, one, 'shorter time')
  },
  async 'outcomes that look alike'(stage) {
    const one = await pending(stage)
    for (const outcomes of [
      ['reject', 'Reject'],
      ['reject', 'r\u0435ject'],
      ['reject', 'reject '],
    ])
      await refused(
        patch(stage, stage.people.ada.sender, one.workflow, { decisions: { outcomes, oversight: OVERSEEN } }),
        400,
      )
    await onlyLeaEnds(stage, one, 'look alike')
  },
  async 'outcomes without the overseen one'(stage) {
    const one = await pending(stage)
    const decisions = { outcomes: ['invite'], oversight: OVERSEEN }
    await refused(patch(stage, stage.people.ada.sender, one.workflow, { decisions }), 400)
    await onlyLeaEnds(stage, one, 'outcomes')
  },
  async 'an older version'(stage) {
    const { server, people } = stage
    const workflow = await overseen(stage)
    await must(server.api('POST', `/api/workflows/${workflow.id}/versions`, { source: `${ASKS_AND_DECIDES}\n` }), 201)
    await must(stage.as(people.bob.sender, 'POST', `/api/workflows/${workflow.id}/versions/1/deploy`, {}), 200)
    const runId = await stage.call(workflow)
    await onlyLeaEnds(stage, { workflow, runId, taskId: await stage.taskOf(runId) }, 'older version')
  },
  async 'a copy of the workflow'(stage) {
    const { server } = stage
    const { id } = await overseen(stage)
    const path = `/api/workflows/${id}/duplicate`
    const workflow = await must(server.api<WorkflowBody>('POST', path, { name: `copy of ${id}` }), 201)
    await must(server.api('PATCH', `/api/workflows/${workflow.id}`, { enabled: true }), 200)
    const runId = await stage.call(workflow)
    await onlyLeaEnds(stage, { workflow, runId, taskId: await stage.taskOf(runId) }, 'copy')
  },
  async 'an exported and imported workflow'(stage) {
    const { server } = stage
    const { id } = await overseen(stage)
    const bytes = new Uint8Array(
      await (
        await fetch(new URL(`/api/workflows/${id}/export`, server.url), { headers: bearer(server.apiKey) })
      ).arrayBuffer(),
    )
    const url = new URL('/api/workflows/import?deploy=true', server.url)
    const headers = { ...bearer(server.apiKey), 'content-type': 'application/zip' }
    const sent = readAnswer<WorkflowBody>(await fetch(url, { method: 'POST', headers, body: bytes }))
    const workflow = await must(sent, 201)
    await must(server.api('PATCH', `/api/workflows/${workflow.id}`, { enabled: true }), 200)
    const runId = await stage.call(workflow)
    await onlyLeaEnds(stage, { workflow, runId, taskId: await stage.taskOf(runId) }, 'imported')
  },
  async 'a run that continues after a disabled workflow is enabled'(stage) {
    const one = await pending(stage)
    for (const enabled of [false, true])
      await must(stage.server.api('PATCH', `/api/workflows/${one.workflow.id}`, { enabled }), 200)
    await onlyLeaEnds(stage, one, 'enabled')
  },
}
