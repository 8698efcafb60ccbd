/**
 * Questions to people. One language runs on each engine, because the store knows no languages. Test names begin with
 * the ids of the cases.
 */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { bodyOf, ended, make, makeScript, OK, runIdOf, stepsOf, waiting, wake } from '../helpers/durable.ts'
import { type EngineServer, forEachEngine } from '../helpers/engines.ts'
import { beforeExpiry } from '../helpers/expiry.ts'
import { callAs, createOwner, createPerson, type Person, type Sender } from '../helpers/roles.ts'
import { type Answer, readAnswer } from '../helpers/server.ts'
import { callHook, must, type RunBody, until, type WorkflowBody } from '../helpers/workflows.ts'

const CODES = {
  SQLite: {
    language: 'python',
    make,
    hire: `answer = ask("hire é", title="Hire Ada?", text="Please read.", data={"name": "Ada", "n": 12345678901234567890},
    choices=["yes", "no"], fields={"type": "object", "required": ["salary"], "properties": {
        "salary": {"type": "integer", "minimum": 1}, "grade": {"enum": ["a", "b"]}}}, to=["Lea@example.com"], within="7d")
sleep("s", days=1)
x = [answer.choice, answer.by.name, answer.by.email, answer.reason, answer.fields, answer.at.year > 2000]
${OK}`,
    row: `x = []
for name in ["one", "two", "three"]:
    try:
        x.append(ask(name, title=name, to=["lea@example.com"], within="1d" if name != "three" else "1s").choice)
    except TimedOut as error:
        x.append(str(error))
${OK}`,
    both: `import asyncio
async def both():
    return await asyncio.gather(*[ask(name, title=name, to=["lea@example.com"]) for name in ["a", "b"]])
x = [answer.choice for answer in asyncio.run(both())]
${OK}`,
    open: 'ask("a", title="a", within="1s")',
    bad: 'ask("a", title="a", to=["nobody"])',
  },
  PostgreSQL: {
    language: 'javascript',
    make: makeScript,
    hire: `const got = await ask('hire é', { title: 'Hire Ada?', text: 'Please read.', data: { name: 'Ada', n: 12 },
  choices: ['yes', 'no'], fields: { type: 'object', required: ['salary'], properties: {
    salary: { type: 'integer', minimum: 1 }, grade: { enum: ['a', 'b'] } } }, to: ['Lea@example.com'], within: '7d' })
await sleep('s', { days: 1 })
return answer([got.choice, got.by.name, got.by.email, got.reason, got.fields, got.at.getFullYear() > 2000])`,
    row: `const x = []
for (const name of ['one', 'two', 'three'])
  try {
    x.push((await ask(name, name, { to: ['lea@example.com'], within: name === 'three' ? '1s' : '1d' })).choice)
  } catch (error) { x.push(error instanceof TimedOut && error.message) }
return answer(x)`,
    both: `const both = ['a', 'b'].map((name) => ask(name, { title: name, to: ['lea@example.com'] }))
return answer((await Promise.all(both)).map(({ choice }) => choice))`,
    open: "await ask('a', { title: 'a', within: '1s' })",
    bad: "await ask('a', { title: 'a', to: ['nobody'] })",
  },
} as const

type Task = {
  id: string
  run_id: string
  status: string
  may_answer: boolean
  why_not: string | null
  answer: { choice: string; by: { name: string; email: string }; reason: string | null; at: string } | null
  [field: string]: unknown
}
type Page = { data: Task[]; next_cursor: string | null }

const define: Parameters<typeof forEachEngine>[0] = (start, engine) => {
  const { language, ...code } = CODES[engine]
  let server: EngineServer
  let owner: Person
  let lea: Person
  let viewer: Person
  let editor: Person
  before(async () => {
    server = await start()
    owner = await createOwner(server)
    ;[lea, viewer, editor] = await Promise.all([
      createPerson(server, 'approver', 'lea'),
      createPerson(server, 'viewer', 'vic'),
      createPerson(server, 'editor', 'eve'),
    ])
  })
  after(() => server?.close())

  const as = <T = Task>(sender: Sender, method: string, path: string, body?: unknown): Promise<Answer<T>> =>
    callAs<T>(server, sender, method, path, body)
  const call = async (workflow: WorkflowBody) => runIdOf(await callHook(workflow, {}))
  const taskOf = async (id: string): Promise<string> => {
    const run = await waiting(server, id)
    return (run.waiting_for as { task_id: string }[])[0]?.task_id ?? ''
  }
  const answer = (sender: Sender, id: string, body: object) => as(sender, 'POST', `/api/tasks/${id}/answer`, body)
  const listed = async (sender: Sender, query = ''): Promise<string[]> =>
    (await must(as<Page>(sender, 'GET', `/api/tasks${query}`), 200)).data.map(({ id }) => id)
  const keyOf = async (
    sender: Sender,
    scopes: string[],
    expires_at?: string,
  ): Promise<{ id: string; sender: Sender }> => {
    const given = { name: 'k', scopes, expires_at }
    const made = await must(as<{ id: string; key: string }>(sender, 'POST', '/api/keys', given), 201)
    return { id: made.id, sender: { authorization: `Bearer ${made.key}` } }
  }

  test(`ST75 ST77 ST78 ST79 ST81 one of those asked answers, and the function gets it (${language})`, async () => {
    const workflow = await code.make(server, code.hire)
    const run = await call(workflow)
    const id = await taskOf(run)
    for (const sender of [viewer.sender, editor.sender]) {
      assert.equal((await listed(sender)).includes(id), false)
      assert.equal((await as(sender, 'GET', `/api/tasks/${id}`)).status, 404)
      const refused = await answer(sender, id, { choice: 'yes' })
      assert.deepEqual([refused.status, refused.body.code], [403, 'may_not_answer'])
    }
    const configured = await server.api('POST', `/api/tasks/${id}/answer`, { choice: 'yes', fields: { salary: 1 } })
    assert.deepEqual([configured.status, configured.body.code], [403, 'may_not_answer'])
    const { data: seen } = await must(server.api<Page>('GET', '/api/tasks?status=open'), 200)
    assert.equal(seen[0]?.id, id)
    assert.deepEqual(await listed(lea.sender, `?mine=true&workflow_id=${workflow.id}`), [id])
    const task = await must(as(lea.sender, 'GET', `/api/tasks/${id}`), 200)
    assert.deepEqual(
      [task.title, task.text, task.choices, task.to, task.status, task.may_answer, task.why_not, task.run_id],
      ['Hire Ada?', 'Please read.', ['yes', 'no'], ['Lea@example.com'], 'open', true, null, run],
    )
    assert.equal((task.data as { name: string }).name, 'Ada')
    for (const given of [
      { choice: 'maybe', fields: { salary: 1 } },
      { choice: 'yes' },
      { choice: 'yes', fields: { salary: 0 } },
      { choice: 'yes', fields: { salary: 1.5 } },
      { choice: 'yes', fields: { salary: 1, grade: 'c' } },
      { choice: 'yes', fields: { salary: 1, other: 1 } },
      { choice: 'yes', fields: { salary: '1' } },
    ])
      assert.equal((await answer(lea.sender, id, given)).status, 400, JSON.stringify(given))
    const given = { choice: 'yes', reason: 'Good "talk"', fields: { salary: 5 } }
    const all = await Promise.all([1, 2, 3, 4].map(() => answer(lea.sender, id, given)))
    assert.deepEqual(all.map(({ status }) => status).toSorted(), [200, 409, 409, 409])
    const late = all.find(({ status }) => status === 409)?.body
    assert.deepEqual([late?.code, (late?.by as { name: string } | undefined)?.name], ['already_answered', 'lea'])
    assert.match(String(late?.at), /^20/)
    await waiting(server, run)
    await wake(server, run)
    assert.deepEqual(bodyOf(await ended(server, run)), [
      'yes',
      'lea',
      'lea@example.com',
      'Good "talk"',
      { salary: 5 },
      true,
    ])
    const done = await must(as(lea.sender, 'GET', `/api/tasks/${id}`), 200)
    assert.deepEqual(
      [done.status, done.answer?.choice, done.answer?.by.email, done.may_answer],
      ['answered', 'yes', 'lea@example.com', false],
    )
    const [step] = await stepsOf(server, run)
    assert.deepEqual([step?.kind, step?.name, step?.status], ['task', 'hire é', 'done'])
    assert.equal((step?.result as { at: string } | undefined)?.at, done.answer?.at)
    const audit = await must(
      server.api<{ data: { by: { name: string }; detail: string }[] }>('GET', '/api/audit?action=task.answer'),
      200,
    )
    assert.equal(audit.data[0]?.by.name, 'lea')
    assert.match(audit.data[0]?.detail ?? '', /"yes".*Good "talk"/)
  })

  test(`ST80 ST83 three questions in a row get three answers, and no answer is no choice (${language})`, async () => {
    const workflow = await code.make(server, code.row)
    const run = await call(workflow)
    const first = async (status: string) =>
      (await listed(lea.sender, `?status=${status}&workflow_id=${workflow.id}`))[0]
    for (const [index, choice] of ['approve', 'reject'].entries()) {
      const id = await until(() => first('open'))
      assert.equal((await answer(lea.sender, id, { choice })).status, 200, String(index))
    }
    const third = await until(() => first('expired'))
    assert.deepEqual((bodyOf(await ended(server, run)) as string[]).slice(0, 2), ['approve', 'reject'])
    const late = await answer(lea.sender, third, { choice: 'approve' })
    assert.deepEqual([late.status, late.body.code], [409, 'task_over'])
  })

  test(`ST83 two questions at the same time get their own answers (${language})`, async () => {
    const workflow = await code.make(server, code.both)
    const run = await call(workflow)
    const tasks = (await waiting(server, run)).waiting_for as { name: string; task_id: string }[]
    const idOf = (name: string) => tasks.find((one) => one.name === name)?.task_id ?? ''
    assert.equal((await answer(lea.sender, idOf('b'), { choice: 'reject' })).status, 200)
    assert.deepEqual(await listed(lea.sender, `?status=open&workflow_id=${workflow.id}`), [idOf('a')])
    assert.equal((await answer(lea.sender, idOf('a'), { choice: 'approve' })).status, 200)
    assert.deepEqual(bodyOf(await ended(server, run)), ['approve', 'reject'])
  })

  test(`ST80 ST81 a question that expires or is invalid fails the run (${language})`, async () => {
    const [open, bad] = [await call(await code.make(server, code.open)), await call(await code.make(server, code.bad))]
    const run = await ended(server, open)
    assert.deepEqual([run.code, /nobody answered/.test(run.message ?? '')], ['wait_timed_out', true])
    const failed = await ended(server, bad)
    assert.deepEqual([failed.code, /to must be/.test(failed.message ?? '')], ['invalid_step', true])
  })

  test('ST76 who started or continued a run answers none of its tasks, on no path', async () => {
    const workflow = await make(
      server,
      `if "nap" in _request:
    sleep("nap", days=1)
if "event" in _request:
    wait_for("event", within="1d")
if "fail" in _request and not settings.get("mended"):
    raise ValueError("no")
ask("a", title="a", to=["owners", "editors"])
x = 1
${OK}`,
      { retries: { count: 0 } },
    )
    const runs = `/api/workflows/${workflow.id}/runs`
    const key = await keyOf(owner.sender, ['read', 'run', 'write', 'admin'])
    const inner = await keyOf(key.sender, ['read', 'run'])
    const body = (fields: object) => ({ request: { body: fields } })
    const idOf = async (sent: Promise<Answer<RunBody>>): Promise<string> => {
      const { status, body: run, text } = await sent
      assert.ok(status < 300, text)
      return run.id
    }
    const post = (path: string, given: object, sender: Sender = owner.sender) =>
      as<RunBody>(sender, 'POST', path, given)
    const byHook = async (fields: object) => runIdOf(await callHook(workflow, fields))
    const failed = async () => {
      const id = await byHook({ fail: 1 })
      await ended(server, id)
      return id
    }
    const ways: Record<string, () => Promise<string>> = {
      'by hand': () => idOf(post(runs, body({}))),
      'by a key': () => idOf(post(runs, body({}), key.sender)),
      'by a key that the key made': () => idOf(post(runs, body({}), inner.sender)),
      'by a replay': async () => idOf(post(`/api/runs/${await byHook({})}/replay`, {})),
      'by a wake': async () => {
        const id = await byHook({ nap: 1 })
        await waiting(server, id)
        await must(post(`/api/runs/${id}/wake`, {}), 200)
        return id
      },
      'by an event': async () => {
        const id = await byHook({ event: 1 })
        await waiting(server, id)
        await must(post(`/api/runs/${id}/events/event`, {}), 202)
        return id
      },
      'by an early event': async () => {
        const id = await byHook({ nap: 1, event: 1 })
        await waiting(server, id)
        await must(post(`/api/runs/${id}/events/event`, {}), 202)
        await wake(server, id)
        return id
      },
      'by a retry from the steps': async () => {
        const id = await failed()
        await server.api('PUT', `/api/workflows/${workflow.id}/settings/mended`, { value: true })
        return idOf(post(`/api/runs/${id}/replay`, { from: 'steps' }))
      },
    }
    for (const [way, begin] of Object.entries(ways)) {
      const run = await begin()
      const id = await until(async () => {
        const { body: found } = await server.api<RunBody>('GET', `/api/runs/${run}`)
        return (found.waiting_for as { kind: string; task_id: string }[] | null)?.find((one) => one.kind === 'task')
          ?.task_id
      })
      for (const sender of [owner.sender, key.sender, inner.sender]) {
        const refused = await answer(sender, id, { choice: 'approve' })
        assert.deepEqual([refused.status, refused.body.code], [403, 'may_not_answer'], way)
      }
      const viewed = await must(as(owner.sender, 'GET', `/api/tasks/${id}`), 200)
      assert.deepEqual([viewed.may_answer, /started/.test(viewed.why_not ?? '')], [false, true], way)
      assert.equal((await answer(editor.sender, id, { choice: 'approve' })).status, 200, way)
    }
  })

  test('ST76 ST77 a key answers for the person who made it, while it is valid', async () => {
    const workflow = await make(server, `ask("a", title="a", to=["ada@example.com"])`)
    const [id, other] = [await taskOf(await call(workflow)), await taskOf(await call(workflow))]
    const short = await beforeExpiry((expiresAt) => keyOf(owner.sender, ['read', 'run'], expiresAt))
    const [reads, runs] = [await keyOf(owner.sender, ['read']), await keyOf(owner.sender, ['read', 'run'])]
    assert.equal((await answer(reads.sender, id, { choice: 'approve' })).body.code, 'forbidden')
    const all = await keyOf(owner.sender, ['admin', 'read', 'run'])
    const made = await keyOf(all.sender, ['read', 'run'])
    assert.equal((await answer(made.sender, id, { choice: 'approve' })).body.code, 'may_not_answer')
    assert.deepEqual(await listed(runs.sender, `?mine=true&status=open&workflow_id=${workflow.id}`), [other, id])
    assert.equal((await answer(runs.sender, id, { choice: 'approve' })).body.answer?.by.email, 'ada@example.com')
    await must(as(owner.sender, 'DELETE', `/api/keys/${runs.id}`), 204)
    assert.equal((await answer(runs.sender, other, { choice: 'approve' })).status, 401)
    await until(async () => (await as(short.sender, 'GET', `/api/tasks/${other}`)).status === 401)
    assert.equal((await answer(short.sender, other, { choice: 'approve' })).status, 401)
    assert.deepEqual(await listed(owner.sender, `?mine=true&status=open&workflow_id=${workflow.id}`), [other])
    // A key that was kept is older than a role that its person got again.
    await must(as(owner.sender, 'PATCH', `/api/people/${editor.id}`, { role: 'owner' }), 200)
    const kept = await keyOf(editor.sender, ['read', 'run'])
    for (const role of ['editor', 'owner'])
      await must(as(owner.sender, 'PATCH', `/api/people/${editor.id}`, { role, keys: 'keep' }), 200)
    const owners = await make(server, `ask("a", title="a")`)
    const third = await taskOf(await call(owners))
    const refused = await answer(kept.sender, third, { choice: 'approve' })
    assert.match(String(refused.body.detail), /older than the role/)
    assert.equal((await answer(editor.sender, third, { choice: 'approve' })).status, 200)
    await must(as(owner.sender, 'PATCH', `/api/people/${editor.id}`, { role: 'editor' }), 200)
  })

  test('ST48 ST78 a cancelled run cancels its tasks, and an unknown address is a warning', async () => {
    const workflow = await make(server, `ask("a", title="a", to=["gone@example.com"])`)
    const run = await call(workflow)
    const id = await taskOf(run)
    const { warnings } = await waiting(server, run)
    assert.match(
      JSON.stringify(warnings),
      /gone@example.com, who has no account.*An owner invites people under Settings → People/,
    )
    assert.equal((await listed(editor.sender)).includes(id), false)
    assert.equal((await must(as(owner.sender, 'GET', `/api/tasks/${id}`), 200)).may_answer, true)
    await must(server.api('POST', `/api/runs/${run}/cancel`, {}), 200)
    const late = await answer(owner.sender, id, { choice: 'approve' })
    assert.deepEqual([late.status, late.body.code], [409, 'task_over'])
    assert.equal((await listed(owner.sender, `?status=cancelled&workflow_id=${workflow.id}`))[0], id)
  })

  test('ST78 an approver sees tasks that ask them, and nothing else', async () => {
    for (const path of ['/api/workflows', '/api/runs', '/api/home', '/api/events', '/api/people', '/api/audit'])
      assert.equal((await as(lea.sender, 'GET', path)).status, 403, path)
    const me = await must(as<Record<string, unknown>>(lea.sender, 'GET', '/api/me'), 200)
    assert.deepEqual([me.role, me.scopes], ['approver', []])
    assert.equal((await as(lea.sender, 'PATCH', '/api/me', { language: 'fr' })).status, 200)
    const system = await must(as<Record<string, unknown>>(lea.sender, 'GET', '/api/system'), 200)
    assert.equal('sandbox' in system, false)
    assert.equal((await as({}, 'GET', '/api/tasks')).status, 401)
  })

  test('ST46 ST80 a dead letter of a question that nobody answered asks again', async () => {
    const workflow = await make(
      server,
      `x = ask("a", title="a", to=["lea@example.com"], within=settings.get("within") or "1s").choice\n${OK}`,
      { retries: { count: 1, backoff_seconds: 1 } },
    )
    const expired = await ended(server, await call(workflow))
    assert.equal(expired.code, 'wait_timed_out')
    const dead = `/api/dead-letters?workflow_id=${workflow.id}`
    const [group] = (await must(server.api<{ data: { id: string; count: number }[] }>('GET', dead), 200)).data
    assert.equal(group?.count, 1)
    await must(server.api('PUT', `/api/workflows/${workflow.id}/settings/within`, { value: '7d' }), 200)
    await must(server.api('POST', `/api/dead-letters/${group?.id}/replay`, {}), 202)
    const open = `?status=open&workflow_id=${workflow.id}`
    const id = await until(async () => (await listed(lea.sender, open))[0])
    const answered = await must(answer(lea.sender, id, { choice: 'reject' }), 200)
    const last = await ended(server, answered.run_id)
    assert.deepEqual([last.attempt, bodyOf(last)], [2, 'reject'])
    assert.equal((await listed(lea.sender, `?status=expired&workflow_id=${workflow.id}`)).length, 1)
    assert.deepEqual((await must(server.api<{ data: unknown[] }>('GET', dead), 200)).data, [])
  })

  // The last test: its server is another one.
  test('ST20 ST75 an answer and an open task survive the death of the server', async () => {
    const workflow = await make(server, `x = ask("a", title="a", to=["lea@example.com"]).choice\n${OK}`)
    const runs = [await call(workflow), await call(workflow)] as const
    const [first, second] = [await taskOf(runs[0]), await taskOf(runs[1])]
    await must(answer(lea.sender, first, { choice: 'approve' }), 200)
    await server.stop('SIGKILL')
    const next = await server.again()
    try {
      const again = { ...lea.sender, origin: next.url }
      const post = async (id: string): Promise<Answer<Task>> =>
        await readAnswer(
          await fetch(`${next.url}/api/tasks/${id}/answer`, {
            method: 'POST',
            headers: { ...again, 'content-type': 'application/json' },
            body: '{"choice": "reject"}',
          }),
        )
      assert.equal((await post(first)).body.code, 'already_answered')
      assert.equal(bodyOf(await ended(next, runs[0])), 'approve')
      assert.equal((await waiting(next, runs[1])).parts, 1)
      await must(post(second), 200)
      assert.equal(bodyOf(await ended(next, runs[1])), 'reject')
    } finally {
      await next.stop()
    }
  })
}

forEachEngine(define, { atOnce: true })
