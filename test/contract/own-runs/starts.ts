/** Ways to start or continue a run, each with four ways to answer its task. */

import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { createCommandLine } from '../../helpers/command-line.ts'
import { ended, waiting, wake } from '../../helpers/durable.ts'
import type { Sender } from '../../helpers/roles.ts'
import { createCatch, must, type RunBody, until, type WorkflowBody } from '../../helpers/workflows.ts'
import { ASKS, type Cast, type Question, refusesStarter, type Starter } from './stage.ts'

/** Returns the run that asks, by default Bob's. */
type Begin = (cast: Cast, bob: Starter) => Promise<string>

/** The numbers of the attempts on one run follow each other. */
export function startAttacks(castOf: () => Cast): void {
  Object.entries(STARTS).forEach(([name, begin], index) => {
    describe(name, { concurrency: false }, () => answers(castOf, name, begin, 4 * index))
  })
}

function answers(castOf: () => Cast, name: string, begin: Begin, offset: number): void {
  let question: Question
  const id = (number: number) => `T100-${String(offset + number).padStart(3, '0')}`
  before(async () => {
    const cast = castOf()
    question = await cast.questionOf(await begin(cast, cast.bob))
  })
  const refused = async (sender: (bob: Starter) => Sender) => {
    const cast = castOf()
    refusesStarter(await cast.answer(sender(cast.bob), question.taskId, { choice: 'approve' }), name)
    await cast.isOpen(question, name)
  }
  test(`${id(1)} ${name}, answered in the app`, () => refused(({ sender }) => sender))
  test(`${id(2)} ${name}, answered by their key`, () => refused(({ key }) => key.sender))
  test(`${id(3)} ${name}, answered by a key that their key made`, async () => {
    const cast = castOf()
    const { status, body } = await cast.answer(cast.bob.inner.sender, question.taskId, { choice: 'approve' })
    assert.deepEqual([status, body.code], [403, 'may_not_answer'])
    await cast.isOpen(question, name)
  })
  test(`${id(4)} ${name}, answered by the tool of agents`, async () => {
    const cast = castOf()
    const given = { task_id: question.taskId, choice: 'approve' }
    const text = await cast.tool(cast.bob.key.sender, 'answer_task', given)
    assert.match(text, /"isError":true/)
    assert.match(text, /You started this run, or continued it/)
    await cast.isOpen(question, name)
  })
  test(`${name}, answered by another person, succeeds`, () => castOf().leaAnswers(question))
}

const REAL = { keep_settings: false, waits: 'real' }
const BACKGROUND = { prefer: 'respond-async' }
const NOT_DURABLE = 'def workflow(_request, settings):\n    raise ValueError("not yet")\n'

let names = 0
const newName = (): string => `name-${++names}`

const mend = ({ server }: Cast, { id }: WorkflowBody, name: string) =>
  must(server.api('PUT', `/api/workflows/${id}/settings/${name}`, { value: true }), 200)

/** A failed run without a starter. It succeeds when it is tried again. */
async function failed(cast: Cast, workflow: WorkflowBody = cast.asks, given: object = {}): Promise<string> {
  const fail = newName()
  const id = await cast.asleep(workflow, { ...given, nap: true, fail })
  await wake(cast.server, id)
  assert.equal((await ended(cast.server, id)).code, 'exception')
  await mend(cast, workflow, fail)
  return id
}

/** A group of dead letters with one run. */
async function deadLetter(cast: Cast, source: string): Promise<Record<'group' | 'runId', string>> {
  const { server } = cast
  const workflow = await createCatch(server, { source, retries: { count: 0 } })
  const runId = source === ASKS ? await failed(cast, workflow) : await cast.hooked(workflow, {}, BACKGROUND)
  const group = await until(async () => {
    const path = `/api/dead-letters?workflow_id=${workflow.id}`
    const { data } = await must(server.api<{ data: { id: string }[] }>('GET', path), 200)
    return data[0]?.id
  })
  if (source !== ASKS) await must(server.api('POST', `/api/workflows/${workflow.id}/versions`, { source: ASKS }), 201)
  return { group, runId }
}

const replayOf = ({ server }: Cast, runId: string): Promise<string> =>
  until(async () => {
    const { data } = await must(server.api<{ data: RunBody[] }>('GET', `/api/runs?replay_of=${runId}`), 200)
    return data[0]?.id
  })

async function byCommand({ server }: Cast, { key }: Starter, args: readonly string[]): Promise<void> {
  const line = createCommandLine({ WORKFLOWS_URL: server.url, WORKFLOWS_API_KEY: key.key })
  try {
    const { code, out, err } = await line.run(args)
    assert.equal(code, 0, out + err)
  } finally {
    line.remove()
  }
}

/** The id in the text of a tool. */
const idIn = (text: string): string => /run_\w+/.exec(text.replace(/.*\\"id\\": ?/s, ''))?.[0] ?? text

const replay = (cast: Cast, sender: Sender, id: string, given: object = {}) =>
  cast.post(sender, `/api/runs/${id}/replay`, given)
const wakeBy = async ({ as }: Cast, sender: Sender, id: string, given: object = {}): Promise<string> => {
  await must(as(sender, 'POST', `/api/runs/${id}/wake`, given), 200)
  return id
}
const sendEvent = async ({ as }: Cast, sender: Sender, id: string, name = 'event'): Promise<string> => {
  await must(as(sender, 'POST', `/api/runs/${id}/events/${name}`, {}), 202)
  return id
}

const BY_HAND: Readonly<Record<string, Begin>> = {
  'a run by hand': (cast, bob) => cast.byHand(bob.sender),
  'a run by hand that nobody waits for': (cast, bob) => cast.byHand({ ...bob.sender, ...BACKGROUND }),
  'a run by their key': (cast, bob) => cast.byHand(bob.key.sender),
  'a run by their key that nobody waits for': (cast, bob) => cast.byHand({ ...bob.key.sender, ...BACKGROUND }),
  'a run by a key that their key made': (cast, bob) => cast.byHand(bob.inner.sender),
  'a run by the last of 101 keys that made each other': async (cast, bob) => {
    let { sender } = bob.key
    for (let made = 1; made < 101; made += 1) sender = (await cast.keyOf(sender, ['read', 'run', 'admin'])).sender
    return await cast.byHand(sender)
  },
  'a run by a key that they revoked since': async (cast, bob) => {
    const key = await cast.keyOf(bob.sender, ['read', 'run'])
    const id = await cast.byHand(key.sender)
    await must(cast.as(bob.sender, 'DELETE', `/api/keys/${key.id}`), 204)
    return id
  },
  'a run of a named version': (cast, bob) => cast.byHand(bob.sender, {}, cast.asks, { version: 1 }),
  'a test that waits': (cast, bob) => cast.byHand(bob.sender, {}, cast.asks, REAL),
  'a test of code that is not saved': (cast, bob) =>
    cast.byHand(bob.key.sender, {}, cast.asks, { source: ASKS, waits: 'real' }),
  'a test by the tool of agents': async (cast, bob) =>
    idIn(await cast.tool(bob.key.sender, 'test_workflow', { workflow_id: cast.asks.id, waits: 'real', request: {} })),
  'a run that asks another person first': async (cast, bob) => {
    const id = await cast.byHand(bob.sender, { first: true })
    const { taskId } = await cast.questionOf(id, 'first')
    assert.equal((await cast.answer(cast.lea.sender, taskId, { choice: 'approve' })).status, 200)
    return id
  },
  'a run that names them in to': (cast, bob) => cast.byHand(bob.sender, { to: ['bob@example.com', 'lea@example.com'] }),
  'a run that names them in capital letters': (cast, bob) =>
    cast.byHand(bob.sender, { to: ['BOB@Example.COM', 'lea@example.com'] }),
}

const REPLAYS: Readonly<Record<string, Begin>> = {
  'a replay': async (cast, bob) => await replay(cast, bob.sender, await cast.hooked(cast.asks, {})),
  'a replay by their key': async (cast, bob) => await replay(cast, bob.key.sender, await cast.hooked(cast.asks, {})),
  'a replay of a version': async (cast, bob) =>
    await replay(cast, bob.sender, await cast.hooked(cast.asks, {}), { version: 1 }),
  'a replay of a run that they cancelled': async (cast, bob) => {
    const id = await cast.asleep(cast.asks, {})
    await must(cast.as(bob.sender, 'POST', `/api/runs/${id}/cancel`, {}), 200)
    return await replay(cast, bob.sender, id)
  },
  'a replay of a replay': async (cast, bob) =>
    await replay(cast, bob.sender, await replay(cast, cast.lea.sender, await cast.hooked(cast.asks, {}))),
  'a replay by the tool of agents': async (cast, bob) =>
    idIn(await cast.tool(bob.key.sender, 'replay_run', { run_id: await cast.asleep(cast.asks, {}) })),
  'a replay by the command line': async (cast, bob) => {
    const id = await cast.asleep(cast.asks, {})
    await byCommand(cast, bob, ['replay', id])
    return await replayOf(cast, id)
  },
  'a failed run that they continue': async (cast, bob) =>
    await replay(cast, bob.sender, await failed(cast), { from: 'steps' }),
  'a failed run that their key continues on a version': async (cast, bob) =>
    await replay(cast, bob.key.sender, await failed(cast), { from: 'steps', version: 1 }),
  'a failed run that they started and another person continues': async (cast, bob) => {
    const fail = newName()
    const id = await cast.byHand(bob.sender, { fail })
    await ended(cast.server, id)
    await mend(cast, cast.asks, fail)
    return await replay(cast, cast.people.ada.sender, id, { from: 'steps' })
  },
  'a run that they started and the server tries again': async (cast, bob) => {
    const fields = { source: ASKS, retries: { count: 10, backoff_seconds: 1 } }
    const workflow = await createCatch(cast.server, fields)
    const fail = newName()
    const id = await cast.byHand({ ...bob.sender, ...BACKGROUND }, { fail }, workflow)
    await ended(cast.server, id)
    await mend(cast, workflow, fail)
    return id
  },
  'a dead letter': async (cast, bob) => {
    const { group, runId } = await deadLetter(cast, ASKS)
    await must(cast.as(bob.sender, 'POST', `/api/dead-letters/${group}/replay`, { run_id: runId }), 202)
    return runId
  },
  'a group of dead letters by their key': async (cast, bob) => {
    const { group, runId } = await deadLetter(cast, ASKS)
    await must(cast.as(bob.key.sender, 'POST', `/api/dead-letters/${group}/replay`, {}), 202)
    return runId
  },
  'a dead letter by the tool of agents': async (cast, bob) => {
    const { group, runId } = await deadLetter(cast, ASKS)
    assert.doesNotMatch(await cast.tool(bob.key.sender, 'replay_dead_letters', { group_id: group }), /"isError":true/)
    return runId
  },
  'a dead letter of a version that did not ask': async (cast, bob) => {
    const { group, runId } = await deadLetter(cast, NOT_DURABLE)
    await must(cast.as(bob.sender, 'POST', `/api/dead-letters/${group}/replay`, {}), 202)
    return await replayOf(cast, runId)
  },
}

const CONTINUED: Readonly<Record<string, Begin>> = {
  'a run that they wake': async (cast, bob) =>
    await wakeBy(cast, bob.sender, await cast.asleep(cast.asks, { nap: true })),
  'a run that their key wakes by name': async (cast, bob) =>
    await wakeBy(cast, bob.key.sender, await cast.asleep(cast.asks, { nap: true }), { name: 'nap' }),
  'a run that they wake by the tool of agents': async (cast, bob) => {
    const run_id = await cast.asleep(cast.asks, { nap: true })
    assert.doesNotMatch(await cast.tool(bob.key.sender, 'wake_run', { run_id }), /"isError":true/)
    return run_id
  },
  'a run that they wake by the command line': async (cast, bob) => {
    const id = await cast.asleep(cast.asks, { nap: true })
    await byCommand(cast, bob, ['wake', id])
    return id
  },
  'a run whose step they try again': async (cast, bob) => {
    const pause = newName()
    const id = await cast.asleep(cast.asks, { pause })
    await mend(cast, cast.asks, pause)
    // The step fails once more.
    await wakeBy(cast, bob.sender, id)
    return id
  },
  'a run whose sleep they end while its task is open': async (cast, bob) => {
    const id = await cast.asleep(cast.asks, { beside: 'sleep' })
    await cast.questionOf(id)
    return await wakeBy(cast, bob.sender, id)
  },
  'a run that gets an event from them': async (cast, bob) =>
    await sendEvent(cast, bob.sender, await cast.asleep(cast.asks, { event: true })),
  'a run that gets an event from their key': async (cast, bob) =>
    await sendEvent(cast, bob.key.sender, await cast.asleep(cast.asks, { event: true }), 'other'),
  'a run that gets an early event from them': async (cast, bob) => {
    const id = await cast.asleep(cast.asks, { nap: true, event: true })
    await sendEvent(cast, bob.sender, id)
    await wake(cast.server, id)
    return id
  },
  'a run that gets an event from them while its task is open': async (cast, bob) => {
    const id = await cast.asleep(cast.asks, {})
    await cast.questionOf(id)
    return await sendEvent(cast, bob.sender, id, 'later')
  },
}

/** Bob starts or continues the run that calls the one that asks. */
const CALLED: Readonly<Record<string, Begin>> = {
  'a run that their run calls': async (cast, bob) =>
    await cast.childOf(await cast.byHand(bob.sender, { name: cast.asks.id }, cast.calls)),
  'a run that a run of their key calls': async (cast, bob) =>
    await cast.childOf(await cast.byHand(bob.key.sender, { name: cast.asks.id }, cast.calls)),
  'a run that a run of their run calls': async (cast, bob) => {
    const given = { name: cast.asks.id, through: cast.calls.id }
    return await cast.childOf(await cast.childOf(await cast.byHand(bob.sender, given, cast.calls)))
  },
  'a run that a replay of theirs calls': async (cast, bob) => {
    const id = await replay(cast, bob.sender, await cast.asleep(cast.calls, { name: cast.asks.id }))
    return await cast.childOf(id)
  },
  'a run that a run calls which they continue': async (cast, bob) => {
    const id = await failed(cast, cast.calls, { name: cast.asks.id })
    return await cast.childOf(await replay(cast, bob.sender, id, { from: 'steps' }))
  },
  'a run that a run calls which they wake': async (cast, bob) => {
    const id = await cast.asleep(cast.calls, { name: cast.asks.id, nap: true })
    return await cast.childOf(await wakeBy(cast, bob.sender, id))
  },
  'a run whose caller they wake later': async (cast, bob) => {
    const id = await cast.asleep(cast.calls, { name: cast.asks.id, beside: 'sleep' })
    const child = await cast.childOf(id)
    await wakeBy(cast, bob.sender, id)
    return child
  },
  'a run whose caller gets an event from them later': async (cast, bob) => {
    const id = await cast.asleep(cast.calls, { name: cast.asks.id, beside: 'event' })
    const child = await cast.childOf(id)
    await sendEvent(cast, bob.sender, id)
    return child
  },
  'a run whose caller of a caller gets an event from them later': async (cast, bob) => {
    const id = await cast.asleep(cast.calls, { name: cast.asks.id, through: cast.calls.id, beside: 'event' })
    const child = await cast.childOf(await cast.childOf(id))
    await cast.questionOf(child)
    await sendEvent(cast, bob.sender, id)
    return child
  },
  'a called run that they wake': async (cast, bob) => {
    const id = await cast.asleep(cast.calls, { name: cast.asks.id, given: { nap: true } })
    const child = await cast.childOf(id)
    await waiting(cast.server, child)
    return await wakeBy(cast, bob.sender, child)
  },
}

const STARTS = { ...BY_HAND, ...REPLAYS, ...CONTINUED, ...CALLED }
