/**
 * Random programs of steps, waits, failures and called runs give what an interpreter without processes and store gives,
 * while the server is killed. `MODEL_PROGRAMS=2500 MODEL_KILLS=50 npm test -- test/contract/durable-model.test.ts` plays so
 * many programs on each engine in each language, with so many kills; `FUZZ_SEED` draws others.
 */

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRandom } from '../../chaos/random.ts'
import { runIdOf, settingOf, stepsOf } from '../helpers/durable.ts'
import { CHILD, player } from '../helpers/durable-model/functions.ts'
import { openLedger } from '../helpers/durable-model/ledger.ts'
import { drawProgram, eventsOf, interpret, type Program } from '../helpers/durable-model/programs.ts'
import { startOnPostgres, startOnSqlite } from '../helpers/engines.ts'
import { SEED } from '../helpers/seed.ts'
import { freePort, type TestServer } from '../helpers/server.ts'
import { callHook, createCatch, type RunBody, until } from '../helpers/workflows.ts'

const PROGRAMS = Number(process.env.MODEL_PROGRAMS ?? 24)
const KILLS = Number(process.env.MODEL_KILLS ?? 1)
const LOOK_MS = 300
const isLong = process.env.MODEL_PROGRAMS !== undefined
/** More callers would hold the event loop of a server on a busy machine. */
const AT_ONCE = isLong ? 32 : 8

const ALL = [
  ['SQLite', 'python3', startOnSqlite],
  ['PostgreSQL', 'node24', startOnPostgres],
  ['SQLite', 'node24', startOnSqlite],
  ['PostgreSQL', 'python3', startOnPostgres],
] as const

for (const [engine, runtime, start] of isLong ? ALL : ALL.slice(0, 2))
  test(`ST21 random programs do what they must while the server is killed (${engine}, ${runtime})`, async (t) => {
    t.diagnostic(`FUZZ_SEED=${SEED}`)
    const random = createRandom(SEED)
    const programs = Array.from({ length: PROGRAMS }, () => drawProgram(random))
    const ledger = await openLedger()
    t.after(() => ledger.close())
    const env = {
      WORKFLOWS_PORT: String(await freePort()),
      WORKFLOWS_API_KEY: 'wf_test_0123456789abcdef0123456789abcdef',
      WORKFLOWS_EGRESS_ALLOW: `127.0.0.1:${ledger.port}`,
      WORKFLOWS_LEASE_SECONDS: '5',
    }
    const first = await start(env)
    t.after(() => first.close())
    const running = keepRunning(t, first, first.again)
    // A hook that is called again after a kill is the same run.
    const fields = { runtime, max_concurrency: 16, idempotency: { from: 'header' } }
    const child = await createCatch(first, { source: CHILD[runtime], ...fields })
    const workflow = await createCatch(first, { source: player(ledger.port)[runtime], ...fields })
    let done = 0
    let doneTogether = 0
    let ended = 0
    let isFailed = false
    const proceed = () => assert.ok(!isFailed, 'another program has failed')

    async function playOne(program: Program, id: string): Promise<void> {
      const headers = { prefer: 'respond-async', 'idempotency-key': id }
      const answer = await patiently(() => callHook(workflow, { id, program, child: child.id }, { headers }))
      assert.equal(answer.status, 202, answer.text)
      const path = `/api/runs/${runIdOf(answer)}`
      const events = new Map(eventsOf(program).map((event) => [event.names[event.n] ?? '', event]))
      const post = async (name: string) => {
        events.delete(name)
        const posted = await patiently(() => first.api('POST', `${path}/events/${name}`, { body: { plus: 40 } }))
        assert.ok([200, 202].includes(posted.status), posted.text)
      }
      for (const [name, { isEarly }] of events) if (isEarly) await post(name)
      const run = await until(async () => {
        proceed()
        await sleep(LOOK_MS)
        const { body } = await patiently(() => first.api<RunBody>('GET', path))
        if (body.status !== 'waiting') return !['queued', 'running'].includes(body.status) && body
        for (const { name } of body.waiting_for as { name: string }[]) if (events.has(name)) await post(name)
        return false
      }, 20 * 60_000)
      const expected = interpret(program)
      done += expected.done
      doneTogether += expected.doneTogether
      const about = `${id}: ${JSON.stringify(program)}\n${run.code} ${run.message}`
      assert.equal(run.status, expected.status, about)
      if (run.status === 'succeeded')
        assert.equal((run.response as { body: string }).body, String(expected.value), about)
      else assert.equal(run.code, 'exception', about)
      const steps = await patiently(() => stepsOf(first, run.id))
      assert.deepEqual(
        steps.map(({ kind, name, status }) => `${kind} ${name} ${status}`).toSorted(),
        expected.rows.toSorted(),
        about,
      )
      for (const { kind, name, finished_at } of steps as ((typeof steps)[number] & { finished_at: string })[]) {
        if (kind !== 'step' || steps.filter((one) => one.name === name).length > 1) continue
        const times = ledger.lines.get(`${id} ${name}`) ?? []
        assert.ok(times.length > 0, `${name} was not called: ${about}`)
        const late = times.filter((time) => time > Date.parse(finished_at))
        assert.deepEqual(late, [], `${name} was called after it was stored at ${finished_at}, of ${times}: ${about}`)
      }
      ended += 1
    }

    const killing = (async () => {
      for (let kill = 1; kill <= KILLS; kill += 1) {
        const from = Math.floor((PROGRAMS * kill) / (KILLS + 1)) - 1
        await until(async () => {
          proceed()
          return ended >= from
        }, 60 * 60_000)
        await sleep(random.whole(0, 300))
        await running.kill()
      }
    })()
    const queue = programs.entries()
    await Promise.all([
      killing,
      ...Array.from({ length: AT_ONCE }, async () => {
        for (const [n, program] of queue)
          await playOne(program, `p${n}`).catch((error) => {
            if (isFailed) return
            isFailed = true
            throw error
          })
      }),
    ])
    assert.equal(await settingOf(first, workflow, 'done'), done)
    const together = Number(await settingOf(first, workflow, 'together'))
    assert.ok(
      together >= doneTogether,
      `expected at least ${doneTogether} changes of steps at the same time, found ${together}`,
    )
    t.diagnostic(
      `${ended} programs, ${KILLS} kills, ${done} and ${together} of ${doneTogether} steps with an effect, ${ledger.lines.size} calls of the ledger`,
    )
    // The end of one program shows nothing about the others.
    assert.equal(ended, PROGRAMS)
  })

/** Another server takes the same port after each kill. */
function keepRunning(t: TestContext, first: TestServer, again: () => Promise<TestServer>) {
  let current = first
  return {
    async kill(): Promise<void> {
      await current.stop('SIGKILL')
      const next = await again()
      t.after(() => next.stop())
      current = next
    },
  }
}

/** A killed server answers nothing until the next one has started. */
async function patiently<T>(call: () => Promise<T>): Promise<T> {
  return await until(async () => {
    try {
      return { answer: await call() }
    } catch (error) {
      if (error instanceof TypeError) return null
      throw error
    }
  }).then(({ answer }) => answer)
}
