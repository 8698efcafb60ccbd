/** The server and the people of attacks on tasks. Lea and Bob are asked. Bob starts, makes and deploys. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ended, runIdOf, waiting } from '../../helpers/durable.ts'
import { callAs, createOwner, createPerson, type Person, type Sender } from '../../helpers/roles.ts'
import type { Answer, TestServer } from '../../helpers/server.ts'
import { callHook, must, type WorkflowBody } from '../../helpers/workflows.ts'

export type Task = {
  readonly id: string
  readonly code?: string
  readonly detail?: string
  readonly [field: string]: unknown
}
type Decision = {
  readonly number: number | null
  readonly outcome: string | null
  readonly decided_by: unknown
  readonly oversight: { readonly task_id: string; readonly choice: string | null } | null
}

type People = Readonly<Record<'ada' | 'lea' | 'bob' | 'eve' | 'vic' | 'abe', Person>>

export type Stage = Awaited<ReturnType<typeof createStage>>

/** An attempt to get the answer of a task, or an outcome, without the person. */
export type Attack = {
  readonly id: string
  readonly name: string
  readonly attempt: () => Promise<void>
}

export const OVERSEEN = {
  outcomes: ['reject'],
  reviewers: ['lea@example.com', 'bob@example.com'],
  within: '7d',
  reason_required: true,
}
export const YES = { choice: 'reject', reason: 'I read it' }

/** Asks a plain question first if the request says so. Then it decides. */
export const ASKS_AND_DECIDES = `
from workflows import ask, decide, run, sleep, step, wait_for
import json

def workflow(_request, settings):
    if _request.get("nap"):
        sleep("nap", days=1)
    if _request.get("event"):
        wait_for("event", within="1d")
    if _request.get("fail") and not settings.get("mended"):
        raise ValueError("no")
    if _request.get("ask"):
        ask("fit", title="Fit?", choices=["reject", "invite"], to=["lea@example.com", "bob@example.com"])
    outcome = decide(_request.get("email", "ana@example.com"), _request.get("outcome", "reject"), reasons=["1 year"], inputs={"years": 1})
    return {"status_code": 200, "body": json.dumps(outcome)}
`

export async function createStage(server: TestServer) {
  const ada = await createOwner(server)
  const invite = (role: 'owner' | 'editor' | 'viewer' | 'approver', name: string) => createPerson(server, role, name)
  const [lea, bob, eve, vic, abe] = await Promise.all([
    invite('owner', 'lea'),
    invite('owner', 'bob'),
    invite('editor', 'eve'),
    invite('viewer', 'vic'),
    invite('approver', 'abe'),
  ])
  const people: People = { ada, lea, bob, eve, vic, abe }
  const as = <T = Task>(sender: Sender, method: string, path: string, body?: unknown): Promise<Answer<T>> =>
    callAs<T>(server, sender, method, path, body)
  const answer = (sender: Sender, id: string, body: object = YES) => as(sender, 'POST', `/api/tasks/${id}/answer`, body)
  const taskOf = async (runId: string): Promise<string> => {
    const waits = (await waiting(server, runId)).waiting_for as { kind: string; task_id: string | null }[]
    return waits.find(({ kind }) => kind === 'task')?.task_id ?? (await taskOf(runId))
  }
  const decisionsOf = async ({ id }: WorkflowBody, query = '') =>
    (await must(server.api<{ data: Decision[] }>('GET', `/api/decisions?workflow_id=${id}${query}`), 200)).data
  return {
    server,
    people,
    as,
    answer,
    taskOf,
    decisionsOf,
    async call(workflow: WorkflowBody, request: object = {}): Promise<string> {
      return runIdOf(await callHook(workflow, request))
    },
    async keyOf(sender: Sender, scopes: readonly string[], expires_at?: string) {
      const given = { name: 'k', scopes, expires_at }
      const made = await must(as<{ id: string; key: string }>(sender, 'POST', '/api/keys', given), 201)
      return { id: made.id, key: made.key, sender: { authorization: `Bearer ${made.key}` } }
    },
    /** No decision of the workflow has the outcome. */
    async hasNone(workflow: WorkflowBody, what: string): Promise<void> {
      const found = (await decisionsOf(workflow)).filter(({ outcome }) => outcome === 'reject')
      assert.deepEqual(found, [], what)
    },
    /** Lea's yes to the task is the only decision of the workflow with the outcome. */
    async hasOnlyLeas(workflow: WorkflowBody, taskId: string, what: string): Promise<void> {
      const found = (await decisionsOf(workflow)).filter(({ outcome }) => outcome === 'reject')
      assert.deepEqual(
        found.map(({ decided_by, oversight }) => [decided_by, oversight?.task_id, oversight?.choice]),
        [[{ id: lea.id, name: 'lea' }, taskId, 'reject']],
        what,
      )
    },
    /** The positive control: the same run succeeds with Lea's yes. */
    async leaAgrees(workflow: WorkflowBody, runId: string, taskId: string, what: string): Promise<void> {
      assert.equal((await answer(lea.sender, taskId)).status, 200, what)
      const run = await ended(server, runId)
      assert.equal(run.status, 'succeeded', `${what}: ${run.message}`)
      await this.hasOnlyLeas(workflow, taskId, what)
    },
  }
}

/** Bob may not answer, although the task asks him. */
export async function refusesBob({ people, answer }: Stage, taskId: string, why: RegExp, what: string): Promise<void> {
  const refused = await answer(people.bob.sender, taskId)
  assert.deepEqual([refused.status, refused.body.code], [403, 'may_not_answer'], `${what}: ${refused.text}`)
  assert.match(String(refused.body.detail), why, what)
}

export function runAttacks(attacks: readonly Attack[]): void {
  for (const { id, name, attempt } of attacks) test(`${id} ${name}`, attempt)
}
