/** Retries and dead letters, from outside. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { readAnswer } from '../helpers/server.ts'
import { shareServer } from '../helpers/shared-servers.ts'
import {
  callHook,
  createCatch,
  createPull,
  must,
  type RunBody,
  until,
  type WorkflowBody,
} from '../helpers/workflows.ts'

const FLAKY = `
def workflow(_request, settings):
    if not settings.get("open"):
        raise ValueError("not yet")
    return {"status_code": 200, "body": "at last"}
`
const BROKEN = 'def workflow(_request, settings):\n    raise KeyError("email of " + str(_request["n"]))\n'
const FIXED = 'def workflow(_request, settings):\n    return {"status_code": 200, "body": "mended"}\n'
const RETRIES = { count: 2, backoff_seconds: 1 }

type Group = { id: string; workflow_id: string; code: string; message: string; count: number; last_run_id: string }
type List<T> = { data: T[]; next_cursor: string | null }

const server = await shareServer()
after(() => server.close())

const callAsync = (workflow: WorkflowBody, json: unknown) =>
  callHook(workflow, json, { headers: { prefer: 'respond-async' } })
const groupsOf = async ({ id }: WorkflowBody): Promise<Group[]> =>
  (await must(server.api<List<Group>>('GET', `/api/dead-letters?workflow_id=${id}`), 200)).data
const attemptsOf = async (runId: string): Promise<RunBody[]> =>
  (await must(server.api<List<RunBody>>('GET', `/api/runs/${runId}/attempts`), 200)).data

test('a background call is retried, and its link returns the answer of the attempt that succeeds', async () => {
  const workflow = await createCatch(server, { source: FLAKY, retries: { ...RETRIES, count: 5 } })
  const accepted = await callAsync(workflow, { id: 1 })
  const link = accepted.headers.get('location') ?? ''
  const runId = accepted.headers.get('workflow-run') ?? ''
  await until(async () => (await attemptsOf(runId))[0]?.status === 'failed')
  const waiting = await fetch(link)
  assert.equal(waiting.status, 202, 'no failed attempt is shown as the answer')
  await waiting.body?.cancel()
  await must(server.api('PUT', `/api/workflows/${workflow.id}/settings/open`, { value: true }), 200)
  const answer = await until(async () => {
    const got = await readAnswer(await fetch(link))
    return got.status !== 202 && got
  })
  assert.deepEqual([answer.status, answer.text], [200, 'at last'])
  const attempts = await attemptsOf(runId)
  assert.ok(attempts.length >= 2)
  attempts.forEach((run, index) => {
    const isFirst = index === 0
    const isLast = index === attempts.length - 1
    assert.deepEqual(
      [run.attempt, run.retry_of, run.status, run.trigger],
      [index + 1, isFirst ? null : runId, isLast ? 'succeeded' : 'failed', 'hook'],
    )
  })
  assert.equal(answer.headers.get('workflow-run'), attempts.at(-1)?.id)
  assert.deepEqual(await groupsOf(workflow), [])
})

test('a run that exhausts its attempts is a dead letter, grouped by error, and can be replayed on the fixed version', async () => {
  const workflow = await createCatch(server, { source: BROKEN, retries: { count: 1, backoff_seconds: 1 } })
  const first = await callAsync(workflow, { n: 1 })
  for (const n of [2, 3]) await callAsync(workflow, { n })
  const group = await until(async () => {
    const [found, ...others] = await groupsOf(workflow)
    assert.deepEqual(others, [])
    return found?.count === 3 && found
  })
  assert.deepEqual([group.code, group.workflow_id], ['exception', workflow.id])
  assert.match(group.message, /email of \d/)
  const path = `/api/dead-letters/${group.id}`
  const runs = await must(server.api<List<RunBody>>('GET', `${path}/runs`), 200)
  assert.deepEqual([...new Set(runs.data.map(({ attempt }) => attempt))], [2])
  const failed = await readAnswer(await fetch(first.headers.get('location') ?? ''))
  assert.equal(failed.status, 500, 'the link shows the failure once there is no attempt left')
  await must(server.api('POST', `/api/workflows/${workflow.id}/versions`, { source: FIXED }), 201)
  const [one] = runs.data
  assert.deepEqual(await must(server.api('POST', `${path}/replay`, { run_id: one?.id }), 202), {
    replayed: 1,
    remaining: 2,
  })
  assert.equal((await server.api('POST', `${path}/replay`, { run_id: one?.id })).status, 404)
  assert.deepEqual(await must(server.api('POST', `${path}/replay`, {}), 202), { replayed: 2, remaining: 0 })
  assert.equal((await server.api('POST', `${path}/replay`, {})).status, 404)
  const replays = await until(async () => {
    const list = await must(server.api<List<RunBody>>('GET', `/api/workflows/${workflow.id}/runs?trigger=replay`), 200)
    return list.data.length === 3 && list.data.every(({ status }) => status === 'succeeded') && list.data
  })
  assert.deepEqual(replays.map(({ replay_of }) => replay_of).sort(), runs.data.map(({ id }) => id).sort())
  assert.deepEqual(await groupsOf(workflow), [])
})

test('a scheduled run is tried again too, and what is dismissed is gone from the list though its run stays', async () => {
  const source = 'def workflow(settings):\n    raise OSError("down")\n'
  const schedule = { every_seconds: 3600 }
  const pull = await createPull(server, { source, schedule, retries: { count: 1, backoff_seconds: 1 } })
  const [group] = await until(async () => {
    const groups = await groupsOf(pull)
    return groups.length > 0 && groups
  })
  const attempts = await attemptsOf(group?.last_run_id ?? '')
  assert.deepEqual(
    attempts.map(({ attempt, trigger }) => [attempt, trigger]),
    [
      [1, 'schedule'],
      [2, 'schedule'],
    ],
  )
  const ticks = await must(server.api<List<{ run_id: string }>>('GET', `/api/workflows/${pull.id}/ticks`), 200)
  assert.equal(ticks.data[0]?.run_id, attempts[0]?.id)
  assert.deepEqual(await must(server.api('POST', `/api/dead-letters/${group?.id}/dismiss`, {}), 200), { dismissed: 1 })
  assert.deepEqual(await groupsOf(pull), [])
  assert.equal((await attemptsOf(attempts[0]?.id ?? '')).length, 2)
})

test('a caller who waits gets the failure, and nothing is retried', async () => {
  const workflow = await createCatch(server, { source: BROKEN, retries: RETRIES })
  const failed = await callHook(workflow, { n: 1 })
  assert.equal(failed.status, 500)
  assert.equal((await attemptsOf(failed.headers.get('workflow-run') ?? '')).length, 1)
  assert.deepEqual(await groupsOf(workflow), [])
})

test('retries are checked, shown and changed', async () => {
  const workflow = await createCatch(server, { source: FIXED })
  assert.deepEqual(workflow.retries, { count: 0, backoff_seconds: 10 })
  const patch = (retries: unknown) => server.api('PATCH', `/api/workflows/${workflow.id}`, { retries })
  assert.deepEqual((await must(patch({ count: 3 }), 200)).retries, { count: 3, backoff_seconds: 10 })
  for (const wrong of [{ count: 11 }, { count: -1 }, { count: 1, backoff_seconds: 0 }, { backoff_seconds: 1 }, null]) {
    assert.equal((await patch(wrong)).status, 400, JSON.stringify(wrong))
  }
  const unknown = `/api/dead-letters/dead_${'0'.repeat(32)}`
  assert.equal((await server.api('GET', '/api/dead-letters/dead_x/runs')).status, 404)
  assert.deepEqual((await must(server.api<List<RunBody>>('GET', `${unknown}/runs`), 200)).data, [])
  for (const action of ['replay', 'dismiss'])
    assert.equal((await server.api('POST', `${unknown}/${action}`)).status, 404)
})
