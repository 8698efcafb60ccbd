/** What tests get where other runs wait: given answers, and real ones. One language runs on each engine. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { bodyOf, ended, make, makeScript, OK, stepsOf, waiting, wake } from '../helpers/durable.ts'
import { callAs, createPerson, type Person, type Sender } from '../helpers/roles.ts'
import { onSharedServers, type SharedServer } from '../helpers/shared-servers.ts'
import { must, type RunBody, type WorkflowBody } from '../helpers/workflows.ts'

const CODES = {
  SQLite: {
    make,
    all: `print("begin")
x = [step("draw", lambda: 7)]
signed = wait_for("signed", within="30d")
x += [signed.name, signed["n"], signed.headers.get("x-a")]
sleep("trial", days=90)
either = wait_for(["a", "b"], within="1h")
x += [either.name, either["n"]]
hire = ask("hire", title="Hire?", choices=["yes", "no"], within="7d",
           fields={"properties": {"salary": {"type": "number", "minimum": 1}}, "required": ["salary"]})
x += [hire.choice, hire.reason, hire.fields, hire.by.name]
print("end")
${OK}`,
    late: `x = []
for ask_or_wait in (lambda: wait_for(["a", "b"], within="1h"), lambda: ask("c", title="C?", within="1h")):
    try:
        ask_or_wait()
    except TimedOut as error:
        x.append(str(error).split(" ")[0])
${OK}`,
    decided: `from workflows import decide
x = [decide("a@b.example", outcome, reasons=["r"]) for outcome in ("invite", "reject")]
${OK}`,
    together: `import asyncio
async def all():
    return await asyncio.gather(wait_for("a", within="1h"), ask("b", title="B?", within="1h"))
a, b = asyncio.run(all())
x = [a["n"], b.choice]
${OK}`,
  },
  PostgreSQL: {
    make: makeScript,
    all: `console.log('begin')
const drawn = await step('draw', () => 7)
const signed = await waitFor('signed', { within: '30d' })
await sleep('trial', { days: 90 })
const either = await waitFor(['a', 'b'], { within: '1h' })
const hire = await ask('hire', { title: 'Hire?', choices: ['yes', 'no'], within: '7d',
  fields: { properties: { salary: { type: 'number', minimum: 1 } }, required: ['salary'] } })
console.log('end')
return answer([drawn, signed.name, signed.n, signed.headers['x-a'] ?? null, either.name, either.n,
  hire.choice, hire.reason, hire.fields, hire.by.name])`,
    late: `const x = []
for (const wait of [() => waitFor(['a', 'b'], { within: '1h' }), () => ask('c', { title: 'C?', within: '1h' })]) {
  try {
    await wait()
  } catch (error) {
    if (!(error instanceof TimedOut)) throw error
    x.push(error.message.split(' ')[0])
  }
}
return answer(x)`,
    decided: `const x = []
for (const outcome of ['invite', 'reject']) x.push(await decide({ subject: 'a@b.example', outcome, reasons: ['r'] }))
return answer(x)`,
    together: `const [a, b] = await Promise.all([waitFor('a', { within: '1h' }), ask('b', { title: 'B?', within: '1h' })])
return answer([a.n, b.choice])`,
  },
} as const

const HIRE = { choice: 'yes', reason: 'Good', fields: { salary: 2 } }
const ANSWERS = { signed: { headers: { 'X-A': 'a' }, body: { n: 1 } }, b: { n: 2 }, hire: HIRE }
const TIMED_OUT = { timed_out: true }
const OVERSIGHT = { outcomes: ['reject'], reviewers: ['lea@example.com'], reason_required: true }

onSharedServers((share, engine) => {
  const code = CODES[engine]
  let server: SharedServer
  let owner: Person
  let lea: Person
  before(async () => {
    server = await share()
    owner = await createPerson(server, 'owner', 'ada')
    lea = await createPerson(server, 'editor', 'lea')
  })
  after(() => server?.close())

  const send = ({ id }: WorkflowBody, fields: object, headers: Sender = {}) => {
    const sender = { authorization: `Bearer ${server.apiKey}`, ...headers }
    return as<RunBody>({ sender }, 'POST', `/api/workflows/${id}/runs`, { version: 1, ...fields })
  }
  const testOf = (workflow: WorkflowBody, fields: object) =>
    must(send(workflow, { keep_settings: false, ...fields }), 200)
  const as = <T>({ sender }: Pick<Person, 'sender'>, method: string, path: string, body?: unknown) =>
    callAs<T>(server, sender, method, path, body)
  const dataOf = async (path: string) => (await must(server.api<{ data: unknown[] }>('GET', path), 200)).data

  test('ST104 a test gets its answers where other runs wait', async () => {
    const workflow = await code.make(server, code.all)
    const run = await testOf(workflow, { answers: ANSWERS })
    assert.deepEqual([run.status, run.trigger], ['succeeded', 'test'], String(run.message))
    assert.deepEqual(bodyOf(run), [7, 'signed', 1, 'a', 'b', 2, 'yes', 'Good', { salary: 2 }, 'Test'])
    const logs = await dataOf(`/api/runs/${run.id}/logs`)
    assert.deepEqual(
      (logs as { text: string }[]).map(({ text }) => text),
      ['begin', 'end'],
    )
    assert.deepEqual(
      (await stepsOf(server, run.id)).map(({ kind, name, status }) => [kind, name, status]),
      [
        ['step', 'draw', 'done'],
        ['event', 'signed', 'done'],
        ['sleep', 'trial', 'done'],
        ['event', 'a', 'timed_out'],
        ['event', 'b', 'done'],
        ['task', 'hire', 'done'],
      ],
    )
    assert.deepEqual(await dataOf(`/api/tasks?workflow_id=${workflow.id}`), [])
    const unsaved = { source: await sourceOf(workflow), answers: ANSWERS, version: null }
    assert.equal((await testOf(workflow, unsaved)).status, 'succeeded')
  })

  const sourceOf = async ({ id }: WorkflowBody) =>
    (await must(server.api<{ source: string }>('GET', `/api/workflows/${id}/versions/1`), 200)).source

  test('ST104 a test whose wait has no possible answer names it, and does nothing more', async () => {
    const workflow = await code.make(server, code.all)
    const { hire: _, ...rest } = ANSWERS
    for (const [answers, message] of [
      [{}, 'The test has no answer for "signed"'],
      [{ signed: { n: 1 } }, 'The test has no answer for "a" or "b"'],
      [rest, 'The test has no answer for "hire"'],
      [{ ...rest, hire: { ...HIRE, choice: 'maybe' } }, 'choice: expected one of "yes", "no", found "maybe".'],
      [{ ...rest, hire: { ...HIRE, fields: { salary: 0 } } }, 'fields.salary: expected at least 1, found 0.'],
      [{ ...rest, hire: { choice: 'yes' } }, 'fields.salary: expected a value, found none.'],
      [{ ...rest, hire: { ...HIRE, by: 'me' } }, 'unknown key "by".'],
      [{ ...rest, hire: 'yes' }, 'expected an answer such as {"choice": "approve"}.'],
      [{ ...ANSWERS, signed: { headers: { 'x a': 'a' } } }, '"x a" is no name of a header.'],
    ] as const) {
      const run = await testOf(workflow, { answers })
      assert.deepEqual([run.status, run.code], ['failed', 'needs_answer'])
      assert.ok(run.message?.includes(message), String(run.message))
    }
  })

  test('ST104 a test gets TimedOut, and answers of concurrent waits', async () => {
    const late = await code.make(server, code.late)
    for (const answers of [
      { a: TIMED_OUT, b: TIMED_OUT, c: TIMED_OUT },
      { b: TIMED_OUT, c: TIMED_OUT },
    ])
      assert.deepEqual(bodyOf(await testOf(late, { answers })), ['nothing', 'nobody'])
    const both = await code.make(server, code.together)
    assert.deepEqual(bodyOf(await testOf(both, { answers: { a: { n: 1 }, b: { choice: 'reject' } } })), [1, 'reject'])
    const half = await testOf(both, { answers: { a: { n: 1 } } })
    assert.deepEqual([half.code, half.message], ['needs_answer', 'The test has no answer for "b"'])
  })

  test('the answer of a reviewer in a test is checked, and is no decision', async () => {
    const decisions = { outcomes: ['invite', 'reject'], oversight: OVERSIGHT }
    const workflow = await code.make(server, code.decided, { decisions })
    const given = (answer: object) => testOf(workflow, { answers: { 'decision 2': answer } })
    assert.deepEqual(bodyOf(await given({ choice: 'invite', reason: 'r' })), ['invite', 'invite'])
    assert.match(String((await given({ choice: 'reject' })).message), /reason: expected a text/)
    assert.match(String((await given({ choice: 'hire', reason: 'r' })).message), /choice: expected one of/)
    assert.match(String((await testOf(workflow, {})).message), /no answer for "decision 2"/)
    for (const query of ['', '&oversight=pending'])
      assert.deepEqual(await dataOf(`/api/decisions?workflow_id=${workflow.id}${query}`), [])
  })

  test('answers that no test can use are refused', async () => {
    const workflow = await code.make(server, code.late)
    const many = Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`w${n}`, 1]))
    const deep = JSON.parse(`${'['.repeat(101)}${']'.repeat(101)}`)
    for (const [fields, status] of [
      [{ keep_settings: true, answers: { a: 1 } }, 400],
      [{ waits: 'real', answers: { a: 1 } }, 400],
      [{ answers: many }, 400],
      [{ answers: { a: deep } }, 400],
      [{ answers: { '': 1 } }, 400],
      [{ answers: { a: 'x'.repeat(1024 * 1024) } }, 413],
      [{ answers: [1] }, 400],
      [{ waits: 'skipped' }, 400],
    ] as const)
      assert.equal(
        (await send(workflow, { keep_settings: false, ...fields })).status,
        status,
        JSON.stringify(fields).slice(0, 80),
      )
    const later = { prefer: 'respond-async' }
    for (const fields of [{ answers: { a: 1 } }, { waits: 'real' }])
      assert.equal((await send(workflow, { keep_settings: false, ...fields }, later)).status, 400)
    const created = server.api<{ key: string }>('POST', '/api/keys', { name: 'runner', scopes: ['read', 'run'] })
    const { key } = await must(created, 201)
    const runner = { authorization: `Bearer ${key}` }
    assert.equal((await send(workflow, { keep_settings: false }, runner)).status, 200)
    assert.equal((await send(workflow, { keep_settings: false, answers: { a: 1 } }, runner)).status, 403)
  })

  test('ST104 a test with real waits waits as other runs do, and asks people', async () => {
    const workflow = await code.make(server, code.all)
    const source = await sourceOf(workflow)
    const asked = { source, waits: 'real' }
    const started = await must(as<RunBody>(owner, 'POST', `/api/workflows/${workflow.id}/runs`, asked), 200)
    assert.deepEqual([started.status, started.trigger], ['waiting', 'test'], String(started.message))
    const post = (name: string, body: object) =>
      must(server.api('POST', `/api/runs/${started.id}/events/${name}`, { body }), 202)
    type Wait = { readonly name: string; readonly task_id: string }
    const waitsFor = async (name: string): Promise<Wait> => {
      const { waiting_for } = await waiting(server, started.id)
      const found = (waiting_for as Wait[]).find((one) => one.name === name)
      return found ?? (await waitsFor(name))
    }
    await waitsFor('signed')
    await post('signed', { n: 3 })
    await waitsFor('trial')
    await wake(server, started.id)
    await waitsFor('a')
    await post('b', { n: 4 })
    const { task_id } = await waitsFor('hire')
    const path = `/api/tasks/${task_id}/answer`
    assert.equal((await as(owner, 'POST', path, HIRE)).status, 403)
    await must(as(lea, 'POST', path, HIRE), 200)
    const run = await ended(server, started.id)
    assert.deepEqual(bodyOf(run), [7, 'signed', 3, null, 'b', 4, 'yes', 'Good', { salary: 2 }, 'lea'])
    assert.equal(run.trigger, 'test')
  })

  test('a reviewer who answers a test with real waits takes no decision', async () => {
    const workflow = await code.make(server, code.decided, { decisions: { oversight: OVERSIGHT } })
    const started = await testOf(workflow, { waits: 'real' })
    const [task] = started.waiting_for as { task_id: string }[]
    assert.deepEqual(await dataOf(`/api/decisions?workflow_id=${workflow.id}&oversight=pending`), [])
    await must(as(lea, 'POST', `/api/tasks/${task?.task_id}/answer`, { choice: 'reject' }), 200)
    assert.deepEqual(bodyOf(await ended(server, started.id)), ['invite', 'reject'])
    assert.deepEqual(await dataOf(`/api/decisions?workflow_id=${workflow.id}`), [])
  })
})
