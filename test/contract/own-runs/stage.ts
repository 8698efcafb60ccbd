/** One server, the workflows and the people of attempts to answer the task of one's own run. Bob attempts, Lea may answer. */

import assert from 'node:assert/strict'
import { bodyOf, ended, runIdOf, waiting } from '../../helpers/durable.ts'
import { beforeExpiry } from '../../helpers/expiry.ts'
import { createPerson, type Sender } from '../../helpers/roles.ts'
import type { Answer, TestServer } from '../../helpers/server.ts'
import { callHook, createCatch, must, type RunBody, until, type WorkflowBody } from '../../helpers/workflows.ts'
import { createStage } from '../attacks/stage.ts'

/** Obeys the request before it asks. With `fail` it fails until the setting of that name exists. */
export const ASKS = `
import asyncio, json
from workflows import ask, run, sleep, step, wait_for

def fails():
    raise ValueError("not yet")

def workflow(_request, settings):
    if _request.get("nap"):
        sleep("nap", days=1)
    if _request.get("event"):
        wait_for(["event", "other"], within="1d")
    if _request.get("pause") and not settings.get(_request["pause"]):
        step("pause", fails, retry={"attempts": 9, "first": "1d", "max": "1d"})
    if _request.get("fail") and not settings.get(_request["fail"]):
        raise ValueError("not yet")
    if _request.get("first"):
        ask("first", title="First?", to=["lea@example.com"])
    question = dict(title="Fit?", to=_request.get("to", ["owners", "editors"]), within="7d")
    if _request.get("beside") == "sleep":
        async def both():
            return await asyncio.gather(ask("fit", **question), sleep("beside", days=1))
        answer = asyncio.run(both())[0]
    else:
        answer = ask("fit", **question)
    return {"status_code": 200, "body": json.dumps([answer.choice, answer.by.name])}
`
const CALLS = `
import asyncio
from workflows import run, sleep, wait_for

def workflow(_request, settings):
    given = {"name": _request["name"]} if _request.get("through") else _request.get("given", {})
    called = _request.get("through") or _request["name"]
    if _request.get("nap"):
        sleep("nap", days=1)
    if _request.get("fail") and not settings.get(_request["fail"]):
        raise ValueError("not yet")
    async def both(wait):
        return await asyncio.gather(run(called, given), wait())
    if _request.get("beside") == "sleep":
        asyncio.run(both(lambda: sleep("beside", days=1)))
    elif _request.get("beside") == "event":
        asyncio.run(both(lambda: wait_for("event", within="1d")))
    else:
        run(called, given)
    return {"status_code": 200, "body": "done"}
`

export type Key = { readonly id: string; readonly key: string; readonly sender: Sender }
/** A person who starts a run, with a key of theirs and a key that this key made. */
export type Starter = { readonly id: string; readonly sender: Sender; readonly key: Key; readonly inner: Key }
export type Question = { readonly runId: string; readonly taskId: string }
type Wait = { readonly kind: string; readonly name: string; readonly task_id: string | null }

export type Cast = Awaited<ReturnType<typeof createCast>>

export async function createCast(server: TestServer) {
  const stage = await createStage(server)
  const { as, people, keyOf } = stage
  const asks = await createCatch(server, { source: ASKS, retries: { count: 0 } })
  const calls = await createCatch(server, { source: CALLS, retries: { count: 0 } })
  const withKeys = async (person: { readonly id: string; readonly sender: Sender }): Promise<Starter> => {
    const key = await keyOf(person.sender, ['read', 'run', 'write', 'admin'])
    return { ...person, key, inner: await keyOf(key.sender, ['read', 'run']) }
  }
  return {
    ...stage,
    asks,
    calls,
    withKeys,
    bob: await withKeys(people.bob),
    lea: people.lea,
    /** A key of Bob that expires while other attempts are made. */
    short: await beforeExpiry((expiresAt) => keyOf(people.bob.sender, ['read', 'run'], expiresAt)),
    /** Another owner than Bob, for attempts that change the person. */
    newOwner: async (name: string): Promise<Starter> => await withKeys(await createPerson(server, 'owner', name)),
    /** The run of a hook has no starter. */
    hooked: async (workflow: WorkflowBody, request: object, headers: Sender = {}): Promise<string> =>
      runIdOf(await callHook(workflow, request, { headers })),
    /** Waits for the run without an end, and returns its id. */
    async asleep(workflow: WorkflowBody, request: object): Promise<string> {
      const id = await this.hooked(workflow, request)
      await waiting(server, id)
      return id
    },
    post: async (sender: Sender, path: string, body: object = {}): Promise<string> => {
      const { status, body: run, text } = await as<RunBody>(sender, 'POST', path, body)
      assert.ok(status < 300, text)
      return run.id
    },
    byHand(sender: Sender, body: object = {}, workflow: WorkflowBody = asks, fields: object = {}): Promise<string> {
      return this.post(sender, `/api/workflows/${workflow.id}/runs`, { request: { body }, ...fields })
    },
    /** The run that this run called. */
    childOf: async (runId: string): Promise<string> =>
      await until(async () => {
        const path = `/api/runs/${runId}/steps`
        const { data } = await must(server.api<{ data: { kind: string; run_id: string | null }[] }>('GET', path), 200)
        return data.find(({ kind }) => kind === 'run')?.run_id
      }),
    /** The task of the last attempt of the run. */
    questionOf: async (runId: string, name = 'fit'): Promise<Question> =>
      await until(async () => {
        const { data } = await must(server.api<{ data: RunBody[] }>('GET', `/api/runs/${runId}/attempts`), 200)
        const last = data.at(-1)?.id ?? runId
        const { waiting_for } = await must(server.api<RunBody>('GET', `/api/runs/${last}`), 200)
        const task = (waiting_for as Wait[] | null)?.find((wait) => wait.kind === 'task' && wait.name === name)
        return task?.task_id != null && { runId: last, taskId: task.task_id }
      }),
    /** The run waits for an answer, and the task is open. */
    async isOpen({ runId, taskId }: Question, what: string): Promise<void> {
      const task = await must(as(people.lea.sender, 'GET', `/api/tasks/${taskId}`), 200)
      assert.deepEqual([task.status, task.answer], ['open', null], what)
      const run = await must(server.api<RunBody>('GET', `/api/runs/${runId}`), 200)
      const waits = run.waiting_for as Wait[] | null
      const isAsked = waits?.some(({ task_id }) => task_id === taskId)
      assert.deepEqual([run.status, isAsked], ['waiting', true], what)
    },
    /** The positive control: Lea answers the same task, and the run ends with her answer. */
    async leaAnswers({ runId, taskId }: Question): Promise<void> {
      assert.equal((await stage.answer(people.lea.sender, taskId, { choice: 'approve' })).status, 200)
      const run = await ended(server, runId)
      assert.equal(run.status, 'succeeded', run.message ?? '')
      assert.deepEqual(bodyOf(run), ['approve', 'lea'])
    },
    tool: async (sender: Sender, name: string, given: object): Promise<string> => {
      const answer = await fetch(new URL('/mcp', server.url), {
        method: 'POST',
        headers: { ...sender, 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: given } }),
      })
      return await answer.text()
    },
  }
}

/** The refusal says that the person started the run. */
export function refusesStarter({ status, body, text }: Answer<{ code?: string; detail?: string }>, what: string): void {
  assert.deepEqual([status, body.code], [403, 'may_not_answer'], `${what}: ${text}`)
  assert.match(String(body.detail), /^You started this run, or continued it/, what)
}
