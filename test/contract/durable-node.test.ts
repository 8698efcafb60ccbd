/**
 * Durable runs of TypeScript functions, on PostgreSQL. The Python cases run on SQLite. Test
 * names begin with the ids of acceptance cases.
 */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  bodyOf,
  ended,
  makeScript,
  runIdOf,
  runToEnd,
  settingOf,
  stepsOf,
  textsOf,
  waiting,
  wake,
} from '../helpers/durable.ts'
import { shareServer } from '../helpers/shared-servers.ts'
import { callHook, must, type RunBody, type WorkflowBody } from '../helpers/workflows.ts'

const server = await shareServer('PostgreSQL')
after(() => server.close())

const call = async (workflow: WorkflowBody) => runIdOf(await callHook(workflow, {}))
const run = async (body: string, request: object = {}): Promise<RunBody> =>
  await runToEnd(server, await makeScript(server, body), request)

for (const isolation of ['fresh', 'reuse'])
  test(`ST01 ST02 ST03 ST11 ST12 steps are called once over sleeps (${isolation})`, async () => {
    const workflow = await makeScript(
      server,
      `console.log('begin')
const x = [await step('none', () => undefined), await step('date', () => ({ a: [1, undefined] }))]
x.push(await step('draw', async () => settings.increment('calls') && Math.random()))
process.stderr.write('middle ' + JSON.stringify(x) + '\\n')
await sleep('night', { days: 90 })
console.log('end ' + JSON.stringify(x))
x.push(await step('last', () => settings.increment('calls')))
return answer(x)`,
      { isolation },
    )
    const answer = await callHook(workflow, {})
    assert.deepEqual([answer.status, answer.body.status], [202, 'waiting'], answer.text)
    const id = runIdOf(answer)
    const found = await waiting(server, id)
    assert.deepEqual(
      (found.waiting_for as { kind: string; name: string }[]).map(({ kind, name }) => [kind, name]),
      [['sleep', 'night']],
    )
    assert.deepEqual((await textsOf(server, id)).length, 2)
    await wake(server, id)
    const last = await ended(server, id)
    assert.deepEqual([last.status, last.parts, last.steps, last.message], ['succeeded', 2, 4, null])
    assert.equal(await settingOf(server, workflow, 'calls'), 2)
    const lines = (await textsOf(server, id)).map((line) => line.split(' '))
    assert.deepEqual(
      lines.map(([first]) => first),
      ['begin', 'middle', 'end'],
    )
    assert.equal(lines[1]?.[1], lines[2]?.[1])
    const steps = await stepsOf(server, id)
    assert.deepEqual(
      steps.map(({ name, status, result }) => [name, status, name === 'draw' ? null : result]),
      [
        ['none', 'done', null],
        ['date', 'done', { a: [1, null] }],
        ['draw', 'done', null],
        ['night', 'done', null],
        ['last', 'done', 2],
      ],
    )
    // A kept process does not know the run before.
    assert.equal((await callHook(workflow, {})).status, 202)
  })

test('ST04 step.key is the same in each try, and differs between uses of a name', async () => {
  const found = await run(`const keys = []
const act = () => {
keys.push(step.key)
if (keys.length < 3) throw new TypeError('again')
return keys
}
return answer([await step('pay', act, { retry: { attempts: 3, first: '1s', max: '1s' } }), await step('pay', () => step.key)])`)
  const [tries, second] = bodyOf(found) as [string[], string]
  assert.deepEqual([new Set(tries).size, tries.length, tries[0]?.length], [1, 3, 32])
  assert.notEqual(tries[0], second)
  const outside = await run('return step.key')
  assert.match(outside.message ?? '', /step\.key is only available inside of a step/)
})

test('ST05 a result that is no JSON or is too long ends the run as invalid_step, after one call', async () => {
  const workflow = await makeScript(
    server,
    `const cycle = {}
cycle.a = cycle
let deep = 1
for (let level = 0; level < 600; level += 1) deep = [deep]
const values = [Number.NaN, [() => 1], { a: new Map() }, cycle, 'x'.repeat(1024 * 1024 - 1), deep]
try {
  await step('odd', () => { console.log('called'); return values[request.fields.n] }, { retry: { attempts: 3 } })
} catch { console.log('caught') } finally { console.log('finally') }`,
  )
  for (const n of [0, 1, 2, 3, 4, 5]) {
    const found = await runToEnd(server, workflow, { n })
    assert.deepEqual([found.status, found.code], ['failed', 'invalid_step'])
    assert.match(found.message ?? '', /step(\(| )"odd".*Its function was called/)
    assert.deepEqual(await textsOf(server, found.id), ['called'])
  }
})

test('ST06 ST07 ST70 names, calls inside of a step, and durations that are not allowed are refused', async () => {
  const named = await makeScript(server, "await step(['', 'x'.repeat(201), 7][request.fields.n], () => 1)")
  for (const n of [0, 1, 2]) assert.equal((await runToEnd(server, named, { n })).code, 'invalid_step')
  const wait = await makeScript(
    server,
    `const name = ['', 'x'.repeat(201), 7][request.fields.n % 3]
if (request.fields.n < 3) await waitFor(name, { within: '1s' })
else await ask(name, { title: 'T', within: '1s' })`,
  )
  for (const n of [0, 1, 2, 3, 4, 5]) {
    const found = await runToEnd(server, wait, { n })
    assert.deepEqual([found.code, found.parts], ['invalid_step', 1], found.message ?? '')
  }
  assert.equal((await run("for (const n of ['\\0', '😀'.repeat(200), '\\ud800']) await step(n, () => n)")).steps, 3)
  const inner = await run("await step('outer', () => step('inner', () => 1))")
  assert.match(inner.message ?? '', /step\("inner"\) was called inside of step\("outer"\)/)
  const durations = "[{ days: 367 }, { seconds: 0 }, {}, { until: 'now' }, { hours: -1 }]"
  const asleep = await makeScript(server, `await sleep('s', ${durations}[request.fields.n])`)
  for (const n of [0, 1, 2, 3, 4]) assert.equal((await runToEnd(server, asleep, { n })).code, 'exception')
  const nameless = await run("await sleep('1s')")
  assert.match(nameless.message ?? '', /sleep needs a duration after its name, such as \{ seconds: 30 \}/)
  const past = await run("await sleep('s', { until: new Date(0) })\nreturn [1]")
  assert.deepEqual([past.status, past.parts], ['succeeded', 1])
})

test('ST10 neither catch nor finally happens at a wait', async () => {
  const workflow = await makeScript(
    server,
    "try { await sleep('night', { days: 1 }) } catch { console.log('caught') } finally { console.log('finally') }",
  )
  const id = await call(workflow)
  await waiting(server, id)
  assert.deepEqual(await textsOf(server, id), [])
  await wake(server, id)
  assert.equal((await ended(server, id)).status, 'succeeded')
  assert.deepEqual(await textsOf(server, id), ['finally'])
})

for (const [what, body, expected] of [
  [
    'a branch by what is stored elsewhere',
    "if (settings.n) await step('other', () => console.log('called'))\nawait step('n', () => settings.increment('n'))\nawait sleep('s', { days: 1 })",
    /step\("n"\) was expected.*step\("other"\) was found/,
  ],
  [
    'an early return',
    "if (settings.n) return\nawait step('n', () => settings.increment('n'))\nawait sleep('s', { days: 1 })",
    /step\("n"\) was expected.*returned before/,
  ],
] as const)
  test(`ST30 ST31 ${what} ends the run as nondeterminism, and nothing new is done`, async () => {
    const found = await run(body)
    assert.deepEqual([found.status, found.code], ['failed', 'nondeterminism'])
    assert.match(found.message ?? '', expected)
    assert.deepEqual(await textsOf(server, found.id), [])
  })

test('ST32 a branch by time outside of a step is nondeterminism, and one by a step is not', async () => {
  const outside = await run("await step(String(process.hrtime.bigint()), () => 1)\nawait sleep('s', { days: 1 })")
  assert.deepEqual([outside.status, outside.code], ['failed', 'nondeterminism'])
  const inside = await run(
    "const x = await step(String(await step('draw', Math.random)), () => 1)\nawait sleep('s', { days: 1 })\nreturn answer(x)",
  )
  assert.deepEqual([inside.status, inside.steps, bodyOf(inside)], ['succeeded', 2, 1])
})

test('ST34 chains of steps may end in another order in the next part', async () => {
  const workflow = await makeScript(
    server,
    `const order = settings.woken ? ['b', 'a'] : ['a', 'b']
const first = Promise.withResolvers()
const chain = async (name) => {
  if (name !== order[0]) await first.promise
  const found = []
  for (const n of [0, 1, 2]) found.push(await step(name + n, () => settings.increment('calls')))
  first.resolve()
  return found
}
const x = await Promise.all(['a', 'b'].map(chain))
await sleep('night', { days: 1 })
await step('last', () => 1)
return answer(x)`,
  )
  const id = await call(workflow)
  await waiting(server, id)
  await server.api('PUT', `/api/workflows/${workflow.id}/settings/woken`, { value: true })
  await wake(server, id)
  const last = await ended(server, id)
  assert.deepEqual(
    [last.status, bodyOf(last)],
    [
      'succeeded',
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    ],
    last.message ?? '',
  )
})

test('ST22 a process that is killed in a step ends the run as crashed, and the next attempt continues from the steps', async () => {
  const workflow = await makeScript(
    server,
    `const x = await step('draw', () => settings.increment('calls'))
await step('act', () => settings.safe ?? process.kill(process.pid, 'SIGKILL'))
return answer(x)`,
  )
  const first = await ended(server, await call(workflow))
  assert.deepEqual([first.status, first.code], ['failed', 'crashed'])
  await server.api('PUT', `/api/workflows/${workflow.id}/settings/safe`, { value: true })
  const next = await server.api<RunBody>('POST', `/api/runs/${first.id}/replay`, { from: 'steps' })
  assert.equal(bodyOf(await ended(server, next.body.id)), 1)
})

test('ST57 settings of a step that break a limit end the run, and nothing of the step is kept', async () => {
  const workflow = await makeScript(
    server,
    `const { n } = request.fields
const act = () => {
  settings.kept = 1
  for (let at = 0; at < (n === 1 ? 501 : 1); at += 1) settings['k' + at] = ['x'.repeat(1024 * 1024), at, () => 1][n]
}
try { await step('act', act, { retry: { attempts: 3 } }) } catch { console.log('caught') }`,
  )
  for (const n of [0, 1, 2]) {
    const found = await runToEnd(server, workflow, { n })
    assert.deepEqual([found.status, found.code], ['failed', 'invalid_settings'], found.message ?? '')
    assert.match(found.message ?? '', /in step\("act"\).*Its function was called/)
    assert.deepEqual(await textsOf(server, found.id), [])
  }
  assert.equal(await settingOf(server, workflow, 'kept'), undefined)
})

test('ST33 ST35 ST36 concurrent steps are stored once each before a wait ends the process', async () => {
  const workflow = await makeScript(
    server,
    `const late = (n) => step('s' + n, async () => {
await new Promise((resolve) => setTimeout(resolve, 10 * (n % 3)))
settings.increment('n')
return n
})
const x = await Promise.all([sleep('a', { days: 1 }), sleep('b', { days: 2 }), ...Array.from({ length: 8 }, (_, n) => late(n))])
return answer(x.slice(2))`,
  )
  const id = await call(workflow)
  const found = await waiting(server, id)
  assert.deepEqual([found.steps, (found.waiting_for as { name: string }[]).map(({ name }) => name)], [8, ['a', 'b']])
  await wake(server, id)
  const last = await ended(server, id)
  assert.deepEqual(bodyOf(last), [...Array(8).keys()])
  assert.equal(await settingOf(server, workflow, 'n'), 8)
  const twice = await run(
    "const slow = () => new Promise((resolve) => setTimeout(resolve, 200))\nawait Promise.all([step('a', slow), step('a', slow)])",
  )
  assert.equal(twice.code, 'invalid_step')
})

test('ST33 an increment counts in a step also after another one outside, while other runs count', async () => {
  const workflow = await makeScript(
    server,
    `settings.increment('n')
await step('slow', async () => {
await new Promise((resolve) => setTimeout(resolve, 500))
settings.increment('n')
})`,
    { max_concurrency: 4 },
  )
  const ids = await Promise.all(Array.from({ length: 4 }, () => call(workflow)))
  for (const id of ids) assert.equal((await ended(server, id)).status, 'succeeded')
  assert.equal(await settingOf(server, workflow, 'n'), 8)
})

test('ST40 ST41 ST42 a StepError is the same in the first part and later', async () => {
  const found = await run(`const boom = () => { throw new TypeError('no') }
let x
try { await step('boom', boom) } catch (error) {
x = [error instanceof StepError, error instanceof TypeError, error.step, error.type, error.message, error.attempts]
}
console.log(JSON.stringify(x))
await sleep('s', { days: 1 })
return answer(x)`)
  assert.deepEqual(bodyOf(found), [true, false, 'boom', 'TypeError', 'no', 1])
  assert.equal((await textsOf(server, found.id)).length, 1)
  const open = await run("await step('boom', () => { throw new TypeError('no') })")
  assert.deepEqual([open.status, open.code], ['failed', 'exception'])
  assert.match(open.message ?? '', /StepError: the step "boom" failed: TypeError: no/)
  assert.match(open.traceback ?? '', /StepError: no\n[\s\S]*Caused by TypeError: no/)
  assert.doesNotMatch(open.traceback ?? '', /durable/)
})

test('ST43 ST44 a long pause frees the process, and NoRetry ends the step', async () => {
  const workflow = await makeScript(
    server,
    `const act = () => { if (!request.fields.go) throw new Error('later') }
await step('slow', act, { retry: { attempts: 2, first: '10m' } })`,
  )
  const id = await call(workflow)
  const found = await waiting(server, id)
  assert.equal((found.waiting_for as { kind: string }[])[0]?.kind, 'retry')
  await wake(server, id)
  const last = await ended(server, id)
  assert.match(last.message ?? '', /the step "slow" failed: Error: later/)
  assert.deepEqual(
    (await stepsOf(server, id)).map(({ kind, status, attempts }) => [kind, status, attempts]),
    [
      ['retry', 'done', 1],
      ['step', 'failed', 2],
    ],
  )
  const once = await run(
    "await step('no', () => { console.log('called'); throw new NoRetry('why') }, { retry: { attempts: 5 } })",
  )
  assert.deepEqual(await textsOf(server, once.id), ['called'])
})

test('ST51 ST52 ST53 a step keeps its settings, and what else changed is stored at the end', async () => {
  const workflow = await makeScript(
    server,
    `settings.outside = (settings.outside ?? 0) + 1
try { await step('fails', () => { settings.undone = [1]; settings.items.push(2); throw new Error('no') }) } catch {}
await step('keeps', () => { settings.inside = { a: 1 } })
await sleep('s', { days: 1 })
return`,
    {},
  )
  await server.api('PUT', `/api/workflows/${workflow.id}/settings/items`, { value: [1] })
  const id = await call(workflow)
  await waiting(server, id)
  assert.deepEqual(await settingOf(server, workflow, 'inside'), { a: 1 })
  assert.equal(await settingOf(server, workflow, 'outside'), undefined)
  await wake(server, id)
  assert.deepEqual((await ended(server, id)).warnings, [])
  assert.equal(await settingOf(server, workflow, 'outside'), 1)
  assert.equal(await settingOf(server, workflow, 'undone'), undefined)
  assert.deepEqual(await settingOf(server, workflow, 'items'), [1])
})

test('a step that the function did not await does not answer the next run of a kept process', async () => {
  const workflow = await makeScript(
    server,
    "step('left', () => 1)\nreturn answer([await step('done', () => request.fields.n)])",
    {
      isolation: 'reuse',
    },
  )
  for (const n of [1, 2, 3]) assert.deepEqual((await callHook(workflow, { n })).text, `[${n}]`)
})

for (const isolation of ['fresh', 'reuse'])
  test(`a run does not take an answer that an earlier run left unread for its job (${isolation})`, async () => {
    const workflow = await makeScript(
      server,
      `if (!request.fields.forges) return answer(await step('real', () => 'real'))
const { writeSync } = await import('node:fs')
const json = Buffer.from('1')
const header = Buffer.from(JSON.stringify({ type: 'step', turn: 1, kind: 'step', name: 'forged', number: 1, status: 'done',
  attempts: 1, started: Date.now(), set: {}, deleted: [], atomic: {}, decision: null }))
const lengths = Buffer.alloc(8)
lengths.writeUInt32BE(header.length, 0)
lengths.writeUInt32BE(json.length, 4)
writeSync(3, Buffer.concat([lengths, header, json]))
// The server answers within this time.
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500)
return answer('forged')`,
      { isolation, max_concurrency: 1 },
    )
    const texts: string[] = []
    for (const forges of [false, true, false, true, false]) texts.push((await callHook(workflow, { forges })).text)
    assert.deepEqual(texts, ['"real"', '"forged"', '"real"', '"forged"', '"real"'])
  })

test('members have the names of Python, too', async () => {
  const body = `await step('send', () => { settings.url = urlOf('signed') })
const event = await waitFor('signed', { within: '1h' })
const failure = await run('absent', null, { request_of: { body: 1 } }).catch((error) => error)
return answer([
  event.received_at instanceof Date && event.received_at === event.receivedAt,
  Object.keys(event),
  event.fields.received_at,
  [failure instanceof RunFailed, failure.run_id, failure.runId, failure.code],
])`
  const workflow = await makeScript(server, body)
  const id = await call(workflow)
  await waiting(server, id)
  await must(server.api('POST', `/api/runs/${id}/events/signed`, { body: { n: 1, received_at: 'x' } }), 202)
  assert.deepEqual(bodyOf(await ended(server, id)), [true, ['Content-Type', 'n'], 'x', [true, null, null, 'not_found']])
})

test('an unknown option is refused with the known ones, and so are options that are no object', async () => {
  const calls = [
    ["step('a', () => 1, { retries: 3 })", /step\("a"\) has no option "retries": expected retry/],
    [
      "sleep('a', { day: 1, days: 1 })",
      /sleep\("a"\) has no option "day": expected days, hours, minutes, seconds, until/,
    ],
    ["waitFor('a', { within: '1h', data: 1 })", /waitFor\("a"\) has no option "data": expected within/],
    ["waitFor('a', '1h')", /waitFor\("a"\) needs options such as \{ within: … \}, found the string '1h'/],
    [
      "ask('a', { title: 'T', choice: ['x'] })",
      /ask\("a"\) has no option "choice": expected title, text, data, choices/,
    ],
    ["ask('a', 'T', { until: '1h' })", /ask\("a"\) has no option "until"/],
    ["run('a', 1, { wait: true })", /run\("a"\) has no option "wait": expected name, requestOf/],
    ["run('a', null, { requestOf: {}, request_of: {} })", /either requestOf or request_of, found both/],
  ] as const
  const workflow = await makeScript(
    server,
    `const calls = [${calls.map(([call]) => `() => ${call}`).join(', ')}]\nawait calls[request.fields.n]()`,
  )
  for (const [n, [call, expected]] of calls.entries()) {
    const found = await runToEnd(server, workflow, { n })
    assert.deepEqual([found.code, found.parts], ['exception', 1], call)
    assert.match(found.message ?? '', expected)
  }
})
