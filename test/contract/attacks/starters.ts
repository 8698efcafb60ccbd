/** Attempts of a reviewer to judge a run that they started, continued, or whose version they made. */

import assert from 'node:assert/strict'
import { before, describe } from 'node:test'
import { createCommandLine } from '../../helpers/command-line.ts'
import { ended, runIdOf, waiting, wake } from '../../helpers/durable.ts'
import { createPerson, type Sender } from '../../helpers/roles.ts'
import { type Answer, readAnswer } from '../../helpers/server.ts'
import { callHook, createCatch, must, type RunBody, until, type WorkflowBody } from '../../helpers/workflows.ts'
import { ASKS_AND_DECIDES, type Attack, OVERSEEN, refusesBob, runAttacks, type Stage, YES } from './stage.ts'

const ASKED = { ask: true }
const CALLS = `
import asyncio
from workflows import run, wait_for

def workflow(_request, settings):
    if _request.get("event"):
        async def both():
            return await asyncio.gather(run(_request["name"], {"ask": True}), wait_for("event", within="1d"))
        asyncio.run(both())
    elif _request.get("through"):
        run(_request["through"], {"name": _request["name"]})
    else:
        run(_request["name"], {"ask": True})
    return {"status_code": 200, "body": "done"}
`
const STARTED = /^You started this run, or continued it/
const DEPLOYED = /^You made or deployed this version less than 24 hours ago/

type Key = { readonly id: string; readonly key: string; readonly sender: Sender }
type Set = {
  readonly overseen: WorkflowBody
  readonly calling: WorkflowBody
  /** Bob's key, and a key that it made. */
  readonly key: Key
  readonly inner: Key
}
/** Returns the run whose task Bob may not answer. */
type Begin = (stage: Stage, set: Set) => Promise<string>

/** Each run asks a question, then decides: Bob may answer neither, and Lea may answer both. */
export function starterAttacks(stageOf: () => Stage): void {
  let set: Set
  before(async () => {
    const { server, keyOf, people } = stageOf()
    const key = await keyOf(people.bob.sender, ['read', 'run', 'write', 'admin'])
    set = {
      overseen: await makeOverseen(stageOf()),
      calling: await createCatch(server, { source: CALLS }),
      key,
      inner: await keyOf(key.sender, ['read', 'run']),
    }
  })
  runAttacks(
    Object.entries(STARTS).map(([name, begin], index): Attack => {
      const number = 51 + index
      return {
        id: `T18-0${number} D21-0${number}`,
        name: `${name}`,
        async attempt() {
          const stage = stageOf()
          await judgesNothing(stage, set.overseen, await begin(stage, set), [set.key.sender, set.inner.sender], name)
        },
      }
    }),
  )
}

const makeOverseen = ({ server }: Stage, fields: object = {}): Promise<WorkflowBody> =>
  createCatch(server, {
    source: ASKS_AND_DECIDES,
    retries: { count: 0 },
    decisions: { oversight: OVERSEEN },
    ...fields,
  })

async function judgesNothing(
  stage: Stage,
  workflow: WorkflowBody,
  runId: string,
  keys: readonly Sender[],
  what: string,
): Promise<void> {
  const { answer, people, taskOf, server } = stage
  const question = await until(async () => {
    const { body } = await server.api<RunBody>('GET', `/api/runs/${runId}`)
    return taskIn(body)
  })
  const refused = async (taskId: string) => {
    await refusesBob(stage, taskId, STARTED, what)
    for (const sender of keys) assert.equal((await answer(sender, taskId)).body.code, 'may_not_answer', what)
  }
  await refused(question)
  assert.equal((await answer(people.lea.sender, question)).status, 200, what)
  const decision = await until(async () => {
    const found = await taskOf(runId)
    return found !== question && found
  })
  await refused(decision)
  const mine = (await stage.decisionsOf(workflow)).filter(({ oversight }) => oversight?.task_id === decision)
  assert.deepEqual(mine, [], what)
  assert.equal((await answer(people.lea.sender, decision)).status, 200, what)
  assert.equal((await ended(server, runId)).status, 'succeeded', what)
  const [last] = await stage.decisionsOf(workflow)
  assert.deepEqual([last?.decided_by, last?.oversight?.task_id], [{ id: people.lea.id, name: 'lea' }, decision], what)
}

const taskIn = ({ waiting_for }: RunBody): string | null | undefined =>
  (waiting_for as { kind: string; task_id: string | null }[] | null)?.find(({ kind }) => kind === 'task')?.task_id

async function idOf(sent: Promise<Answer<RunBody>>): Promise<string> {
  const { status, body, text } = await sent
  assert.ok(status < 300, text)
  return body.id
}

const post = ({ as }: Stage, path: string, body: object, sender: Sender) =>
  idOf(as<RunBody>(sender, 'POST', path, body))
const byHand = (stage: Stage, { id }: WorkflowBody, sender: Sender, fields: object = ASKED) =>
  post(stage, `/api/workflows/${id}/runs`, { request: { body: fields } }, sender)

async function hooked({ call, server }: Stage, { overseen }: Set, fields: object): Promise<string> {
  const id = await call(overseen, { ...ASKED, ...fields })
  await waiting(server, id)
  return id
}

/** Fails in the background, and succeeds when it is tried again. */
async function failed({ call, server }: Stage, { overseen }: Set): Promise<string> {
  const setting = `/api/workflows/${overseen.id}/settings/mended`
  await must(server.api('PUT', setting, { value: false }), 200)
  const id = await call(overseen, { ...ASKED, nap: true, fail: true })
  await waiting(server, id)
  await wake(server, id)
  assert.equal((await ended(server, id)).status, 'failed')
  await must(server.api('PUT', setting, { value: true }), 200)
  return id
}

const bobs = ({ people }: Stage): Sender => people.bob.sender

const STARTS: Readonly<Record<string, Begin>> = {
  'of a run by hand': (stage, { overseen }) => byHand(stage, overseen, bobs(stage)),
  'of a run by their key': (stage, { overseen, key }) => byHand(stage, overseen, key.sender),
  'of a run by a key that their key made': (stage, { overseen, inner }) => byHand(stage, overseen, inner.sender),
  'of a run that they replay': async (stage, set) =>
    await post(stage, `/api/runs/${await hooked(stage, set, {})}/replay`, {}, bobs(stage)),
  'of a run that they replay by their key': async (stage, set) =>
    await post(stage, `/api/runs/${await hooked(stage, set, {})}/replay`, { from: 'start' }, set.key.sender),
  'of a failed run that they continue from its steps': async (stage, set) =>
    await post(stage, `/api/runs/${await failed(stage, set)}/replay`, { from: 'steps' }, bobs(stage)),
  'of a run that they wake': async (stage, set) => {
    const id = await hooked(stage, set, { nap: true })
    await must(stage.as(bobs(stage), 'POST', `/api/runs/${id}/wake`, {}), 200)
    return id
  },
  'of a run that their key wakes by name': async (stage, set) => {
    const id = await hooked(stage, set, { nap: true })
    await must(stage.as(set.key.sender, 'POST', `/api/runs/${id}/wake`, { name: 'nap' }), 200)
    return id
  },
  'of a run that gets an event from them': async (stage, set) => {
    const id = await hooked(stage, set, { event: true })
    await must(stage.as(bobs(stage), 'POST', `/api/runs/${id}/events/event`, {}), 202)
    return id
  },
  'of a run that gets an early event from them': async (stage, set) => {
    const id = await hooked(stage, set, { nap: true, event: true })
    await must(stage.as(bobs(stage), 'POST', `/api/runs/${id}/events/event`, {}), 202)
    await wake(stage.server, id)
    return id
  },
  'of a dead letter that they replay': async (stage, set) => {
    const first = await failed(stage, set)
    const path = `/api/dead-letters?workflow_id=${set.overseen.id}`
    const letters = await until(async () => {
      const { data } = await must(stage.server.api<{ data: { id: string }[] }>('GET', path), 200)
      return data.length > 0 && data
    })
    await must(stage.as(bobs(stage), 'POST', `/api/dead-letters/${letters[0]?.id}/replay`, { run_id: first }), 202)
    return await lastOf(stage, set.overseen)
  },
  'of a run that they replay by the tool of agents': async (stage, set) => {
    const call = { name: 'replay_run', arguments: { run_id: await hooked(stage, set, {}) } }
    const answer = await fetch(new URL('/mcp', stage.server.url), {
      method: 'POST',
      headers: {
        ...set.key.sender,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: call }),
    })
    assert.doesNotMatch(await answer.text(), /isError":true/)
    return await lastOf(stage, set.overseen)
  },
  'of a run that they replay by the command line': async (stage, set) => {
    const line = createCommandLine({ WORKFLOWS_URL: stage.server.url, WORKFLOWS_API_KEY: set.key.key })
    try {
      const before = await hooked(stage, set, {})
      const { err } = await line.run(['replay', before])
      const after = await lastOf(stage, set.overseen)
      assert.notEqual(after, before, err)
      return after
    } finally {
      line.remove()
    }
  },
  'of a run that their run calls': async (stage, set) => {
    await byHand(stage, set.calling, bobs(stage), { name: set.overseen.id })
    return await childOf(stage, set)
  },
  'of a run that a run calls which their run calls': async (stage, set) => {
    await byHand(stage, set.calling, bobs(stage), { name: set.overseen.id, through: set.calling.id })
    return await childOf(stage, set)
  },
  'of a run that a run called to which they send an event': async (stage, set) => {
    const parent = await stage.call(set.calling, { name: set.overseen.id, event: true })
    await waiting(stage.server, parent)
    const child = await childOf(stage, set)
    await must(stage.as(bobs(stage), 'POST', `/api/runs/${parent}/events/event`, {}), 202)
    return child
  },
  'of a run by a key that they revoked since': async (stage, set) => {
    const { keyOf, people, as } = stage
    const key = await keyOf(people.bob.sender, ['read', 'run'])
    const id = await byHand(stage, set.overseen, key.sender)
    await must(as(people.bob.sender, 'DELETE', `/api/keys/${key.id}`), 204)
    return id
  },
  'of a run that they started before their role changed': async (stage, set) => {
    const { as, people } = stage
    const id = await byHand(stage, set.overseen, people.bob.sender)
    for (const role of ['editor', 'owner'])
      await must(as(people.ada.sender, 'PATCH', `/api/people/${people.bob.id}`, { role, keys: 'keep' }), 200)
    return id
  },
}

async function lastOf({ server }: Stage, { id }: WorkflowBody): Promise<string> {
  const { data } = await must(server.api<{ data: { id: string }[] }>('GET', `/api/workflows/${id}/runs?limit=1`), 200)
  return data[0]?.id ?? ''
}

async function childOf({ server }: Stage, { overseen }: Set): Promise<string> {
  return await until(async () => {
    const path = `/api/workflows/${overseen.id}/runs?status=waiting&limit=1`
    const { data } = await must(server.api<{ data: RunBody[] }>('GET', path), 200)
    const [run] = data
    return run !== undefined && run.parent_run_id != null && taskIn(run) != null && run.id
  })
}

type Version = { readonly number: number }
const OTHER = `${ASKS_AND_DECIDES}\n# Changed.\n`

/** Bob creates or deploys a version of each workflow. A run without a starter proposes the outcome. */
export function deployerAttacks(stageOf: () => Stage): void {
  runAttacks(
    Object.entries(DEPLOYS).map(([name, deploy], index) => ({
      id: `D21-0${71 + index}`,
      name: `of a reviewer who ${name}`,
      async attempt() {
        const stage = stageOf()
        const workflow = await deploy(stage)
        const runId = runIdOf(await callHook(workflow, {}))
        const taskId = await stage.taskOf(runId)
        await refusesBob(stage, taskId, DEPLOYED, name)
        await stage.hasNone(workflow, name)
        await stage.leaAgrees(workflow, runId, taskId, name)
      },
    })),
  )
}

const made = async (stage: Stage, sender: Sender, { id }: WorkflowBody, fields: object = {}): Promise<number> =>
  (await must(stage.as<Version>(sender, 'POST', `/api/workflows/${id}/versions`, { source: OTHER, ...fields }), 201))
    .number

const patched = ({ as }: Stage, sender: Sender, { id }: WorkflowBody, fields: object) =>
  must(as(sender, 'PATCH', `/api/workflows/${id}`, fields), 200)

async function folderOf({ server }: Stage, { id }: WorkflowBody): Promise<Uint8Array<ArrayBuffer>> {
  const headers = { authorization: `Bearer ${server.apiKey}` }
  return new Uint8Array(
    await (await fetch(new URL(`/api/workflows/${id}/export`, server.url), { headers })).arrayBuffer(),
  )
}

async function sendFolder<T>({ server }: Stage, sender: Sender, path: string, body: Uint8Array<ArrayBuffer>) {
  const headers = { ...sender, 'content-type': 'application/zip' }
  return await readAnswer<T>(await fetch(new URL(path, server.url), { method: 'POST', headers, body }))
}

const DEPLOYS: Readonly<Record<string, (stage: Stage) => Promise<WorkflowBody>>> = {
  'made the version': async (stage) => {
    const workflow = await makeOverseen(stage)
    await made(stage, bobs(stage), workflow)
    return workflow
  },
  'made the version by their key': async (stage) => {
    const workflow = await makeOverseen(stage)
    const key = await stage.keyOf(bobs(stage), ['read', 'run', 'write'])
    await made(stage, key.sender, workflow)
    return workflow
  },
  'made another version of the workflow': async (stage) => {
    const workflow = await makeOverseen(stage)
    await made(stage, bobs(stage), workflow, { deploy: false })
    return workflow
  },
  'deployed the version of somebody else': async (stage) => {
    const workflow = await makeOverseen(stage)
    await must(stage.as(bobs(stage), 'POST', `/api/workflows/${workflow.id}/versions/1/deploy`, {}), 200)
    return workflow
  },
  'rolled back to an older version': async (stage) => {
    const workflow = await makeOverseen(stage)
    await must(stage.server.api('POST', `/api/workflows/${workflow.id}/versions`, { source: OTHER }), 201)
    await must(stage.as(bobs(stage), 'POST', `/api/workflows/${workflow.id}/versions/1/deploy`, {}), 200)
    return workflow
  },
  'began a canary of the version': async (stage) => {
    const workflow = await makeOverseen(stage)
    const path = `/api/workflows/${workflow.id}/versions`
    const { number } = await must(stage.server.api<Version>('POST', path, { source: OTHER, deploy: false }), 201)
    await patched(stage, bobs(stage), workflow, { canary: { version: number, percent: 50 } })
    return workflow
  },
  'promoted the canary of the version': async (stage) => {
    const workflow = await makeOverseen(stage)
    const path = `/api/workflows/${workflow.id}/versions`
    const { number } = await must(stage.server.api<Version>('POST', path, { source: OTHER, deploy: false }), 201)
    await must(
      stage.server.api('PATCH', `/api/workflows/${workflow.id}`, { canary: { version: number, percent: 50 } }),
      200,
    )
    const promote = `/api/workflows/${workflow.id}/canary/promote`
    await must(stage.as(bobs(stage), 'POST', promote, { force: true }), 200)
    return workflow
  },
  'imported the workflow': async (stage) => {
    const bytes = await folderOf(stage, await makeOverseen(stage))
    const sent = sendFolder<WorkflowBody>(stage, bobs(stage), '/api/workflows/import?deploy=true', bytes)
    const { id } = await must(sent, 201)
    await patched(stage, { authorization: `Bearer ${stage.server.apiKey}` }, { id } as WorkflowBody, { enabled: true })
    return await must(stage.server.api<WorkflowBody>('GET', `/api/workflows/${id}`), 200)
  },
  'pushed a folder': async (stage) => {
    const workflow = await makeOverseen(stage)
    const bytes = await folderOf(
      stage,
      await createCatch(stage.server, { source: OTHER, decisions: { oversight: OVERSEEN } }),
    )
    await must(sendFolder(stage, bobs(stage), `/api/workflows/${workflow.id}/import?deploy=true`, bytes), 200)
    return await must(stage.server.api<WorkflowBody>('GET', `/api/workflows/${workflow.id}`), 200)
  },
  'duplicated the workflow': async (stage) => {
    const { id } = await makeOverseen(stage)
    const name = `copy of ${id}`
    const copy = await must(
      stage.as<WorkflowBody>(bobs(stage), 'POST', `/api/workflows/${id}/duplicate`, { name }),
      201,
    )
    await patched(stage, { authorization: `Bearer ${stage.server.apiKey}` }, copy, { enabled: true })
    return copy
  },
}

/** A person who started a run and was invited again with the same address. */
export function returnAttacks(stageOf: () => Stage): void {
  describe('after an account was removed', () =>
    runAttacks([
      {
        id: 'D21-081',
        name: 'of a reviewer who started the run, was removed and was invited again',
        async attempt() {
          const stage = stageOf()
          const { server, as, people, taskOf, answer } = stage
          const reviewers = ['lea@example.com', 'zoe@example.com']
          const workflow = await makeOverseen(stage, { decisions: { oversight: { ...OVERSEEN, reviewers } } })
          const zoe = await createPerson(server, 'editor', 'zoe')
          const runId = await byHand(stage, workflow, zoe.sender, {})
          const taskId = await taskOf(runId)
          await must(as(people.ada.sender, 'DELETE', `/api/people/${zoe.id}`), 204)
          assert.equal((await answer(zoe.sender, taskId, YES)).status, 401)
          const again = await createPerson(server, 'editor', 'zoe')
          assert.equal((await answer(again.sender, taskId, YES)).body.code, 'may_not_answer')
          await stage.hasNone(workflow, 'zoe')
          await stage.leaAgrees(workflow, runId, taskId, 'zoe')
        },
      },
      {
        id: 'D21-082',
        name: 'of a reviewer who deployed the version, was removed and was invited again',
        async attempt() {
          const stage = stageOf()
          const { server, as, people, taskOf, answer } = stage
          const reviewers = ['lea@example.com', 'zac@example.com']
          const workflow = await makeOverseen(stage, { decisions: { oversight: { ...OVERSEEN, reviewers } } })
          const zac = await createPerson(server, 'editor', 'zac')
          await made(stage, zac.sender, workflow)
          await must(as(people.ada.sender, 'DELETE', `/api/people/${zac.id}`), 204)
          const taskId = await taskOf(await stage.call(workflow))
          const again = await createPerson(server, 'editor', 'zac')
          const refused = await answer(again.sender, taskId, YES)
          assert.equal(refused.body.code, 'may_not_answer', refused.text)
          assert.match(String(refused.body.detail), DEPLOYED)
          await stage.hasNone(workflow, 'zac')
        },
      },
    ]))
}
