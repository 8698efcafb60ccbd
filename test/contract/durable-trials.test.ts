/** Trials of durable workflows: their waits get what the original run got. One language runs on each engine. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { bodyOf, ended, make, makeScript, OK, runIdOf, waiting, wake } from '../helpers/durable.ts'
import { createPerson, type Person } from '../helpers/roles.ts'
import { type Answer, readAnswer } from '../helpers/server.ts'
import { onSharedServers, type SharedServer } from '../helpers/shared-servers.ts'
import { tryOut } from '../helpers/trials.ts'
import { callHook, must, type WorkflowBody } from '../helpers/workflows.ts'

const CODES = {
  SQLite: {
    make,
    all: `x = [step("draw", lambda: 7)]
try:
    wait_for("late", within="1s")
except TimedOut:
    x.append("late")
sleep("s", days=1)
event = wait_for(["a", "b"], within="1h")
x += [event.name, event["n"], str(event.received_at)]
hire = ask("hire", title="Hire?", choices=["yes", "no"], within="7d")
x += [hire.choice, hire.reason, hire.by.name, str(hire.at)]
${OK}`,
    two: ['"yes", "no"', '"approve", "reject"'],
    more: ['hire = ask(', 'wait_for("other", within="1h")\n    hire = ask('],
    passed: ['["a", "b"]', '"a"'],
    decided: `from workflows import decide
x = [decide("a@b.example", "reject", reasons=["r"])]
${OK}`,
  },
  PostgreSQL: {
    make: makeScript,
    all: `const x = [await step('draw', () => 7)]
try {
  await waitFor('late', { within: '1s' })
} catch (error) {
  if (!(error instanceof TimedOut)) throw error
  x.push('late')
}
await sleep('s', { days: 1 })
const event = await waitFor(['a', 'b'], { within: '1h' })
const hire = await ask('hire', { title: 'Hire?', choices: ['yes', 'no'], within: '7d' })
return answer([...x, event.name, event.n, event.receivedAt, hire.choice, hire.reason, hire.by.name, hire.at])`,
    two: ["'yes', 'no'", "'approve', 'reject'"],
    more: ['const hire =', "await waitFor('other', { within: '1h' })\nconst hire ="],
    passed: ["['a', 'b']", "'a'"],
    decided: `return answer([await decide({ subject: 'a@b.example', outcome: 'reject', reasons: ['r'] })])`,
  },
} as const

onSharedServers((share, engine) => {
  const code = CODES[engine]
  let server: SharedServer
  let mia: Person
  before(async () => {
    server = await share()
    mia = await createPerson(server, 'editor', 'mia')
  })
  after(() => server?.close())

  type Wait = { readonly name: string; readonly task_id: string }
  const waitsFor = async (id: string, name: string): Promise<Wait> => {
    const found = ((await waiting(server, id)).waiting_for as Wait[]).find((one) => one.name === name)
    return found ?? (await waitsFor(id, name))
  }
  const answer = async (taskId: string, body: object) => {
    const headers = { ...mia.sender, 'content-type': 'application/json' }
    const init = { method: 'POST', headers, body: JSON.stringify(body) }
    const answered: Promise<Answer<object>> = readAnswer(
      await fetch(new URL(`/api/tasks/${taskId}/answer`, server.url), init),
    )
    await must(answered, 200)
  }
  const sourceOf = async ({ id }: WorkflowBody) =>
    (await must(server.api<{ source: string }>('GET', `/api/workflows/${id}/versions/1`), 200)).source
  const tryOne = async ({ id }: WorkflowBody, runId: string, candidate: object = { version: 1 }) => {
    const { cases } = await tryOut(server, id, { ...candidate, runs: [runId], outbound: 'blocked' })
    const [found] = cases
    return [found?.verdict, found?.reason, found?.differences] as const
  }

  test('ST104 a trial is the same as a run that waited, and says which wait has no answer', async () => {
    const workflow = await code.make(server, code.all)
    const id = runIdOf(await callHook(workflow, {}))
    await waitsFor(id, 's')
    await wake(server, id)
    await waitsFor(id, 'a')
    await must(server.api('POST', `/api/runs/${id}/events/b`, { body: { n: 5 } }), 202)
    await answer((await waitsFor(id, 'hire')).task_id, { choice: 'yes', reason: 'Good' })
    const body = bodyOf(await ended(server, id)) as unknown[]
    assert.deepEqual([body[1], body[2], body[3], body[5], body[6], body[7]], ['late', 'b', 5, 'yes', 'Good', 'mia'])
    assert.deepEqual(await tryOne(workflow, id), ['same', null, []])
    const source = await sourceOf(workflow)
    const changed = ([from, to]: readonly [string, string]) => ({ source: source.replace(from, to) })
    const impossible =
      'The answer for "hire" is not possible: choice: expected one of "approve", "reject", found "yes".'
    assert.deepEqual(await tryOne(workflow, id, changed(code.two)), ['not_comparable', impossible, []])
    const missing = (name: string) => `The test has no answer for "${name}"`
    assert.deepEqual(await tryOne(workflow, id, changed(code.more)), ['not_comparable', missing('other'), []])
    // The wait for it did not time out: the other event came first.
    assert.deepEqual(await tryOne(workflow, id, changed(code.passed)), ['not_comparable', missing('a'), []])
  })

  test('a trial gets the choice of a reviewer for the same proposal only, and decides nothing', async () => {
    const oversight = { outcomes: ['reject', 'hold'], reviewers: ['mia@example.com'], reason_required: false }
    const workflow = await code.make(server, code.decided, {
      decisions: { outcomes: ['reject', 'hold', 'invite'], oversight },
    })
    const id = runIdOf(await callHook(workflow, {}))
    await answer((await waitsFor(id, 'decision')).task_id, { choice: 'invite' })
    assert.deepEqual(bodyOf(await ended(server, id)), ['invite'])
    assert.deepEqual(await tryOne(workflow, id), ['same', null, []])
    const source = (await sourceOf(workflow)).replace('reject', 'hold')
    const missing = 'The test has no answer for "decision"'
    assert.deepEqual(await tryOne(workflow, id, { source }), ['not_comparable', missing, []])
    const { data } = await must(
      server.api<{ data: unknown[] }>('GET', `/api/decisions?workflow_id=${workflow.id}`),
      200,
    )
    assert.equal(data.length, 1)
  })
})
