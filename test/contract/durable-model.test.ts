/**
 * Random programs of steps, waits, questions, failures and called runs give what an interpreter without processes and store
 * gives, while servers are killed. `MODEL_PROGRAMS=2500 MODEL_KILLS=50 npm test -- test/contract/durable-model.test.ts` plays
 * so many programs on each engine in each language, with so many kills: of servers, of functions, and of PostgreSQL, which
 * three servers share. `FUZZ_SEED` draws others.
 */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRandom } from '../../chaos/random.ts'
import { runIdOf, type Steps, settingOf } from '../helpers/durable.ts'
import { CHILD, player } from '../helpers/durable-model/functions.ts'
import { openLedger } from '../helpers/durable-model/ledger.ts'
import { drawProgram, interpret, type Program, waitsOf } from '../helpers/durable-model/programs.ts'
import { startServers, type Victim } from '../helpers/durable-model/servers.ts'
import { callAs, createOwner } from '../helpers/roles.ts'
import { SEED } from '../helpers/seed.ts'
import type { Answer, TestServer } from '../helpers/server.ts'
import { callHook, createCatch, type RunBody, until } from '../helpers/workflows.ts'

const PROGRAMS = Number(process.env.MODEL_PROGRAMS ?? 24)
const KILLS = Number(process.env.MODEL_KILLS ?? 1)
const LOOK_MS = 300
const isLong = process.env.MODEL_PROGRAMS !== undefined
/** More callers would hold the event loop of a server on a busy machine. */
const AT_ONCE = isLong ? 32 : 8

const ALL = [
  ['SQLite', 'python3'],
  ['PostgreSQL', 'node24'],
  ['SQLite', 'node24'],
  ['PostgreSQL', 'python3'],
] as const
/** The kinds of kills follow each other in this order. SQLite has no other process. */
const VICTIMS = {
  SQLite: ['server', 'worker', 'server'],
  PostgreSQL: ['server', 'worker', 'server', 'worker', 'database'],
} as const
/** ST24 is ST21 with three servers. */
const CASES = { SQLite: 'ST21', PostgreSQL: 'ST21 ST24' } as const
/** How a run ends whose process was killed. */
const CRASHED = ['crashed', 'out_of_memory']

type Waiting = { readonly name: string; readonly task_id: string | null }

for (const [engine, runtime] of isLong ? ALL : ALL.slice(0, 2))
  test(`${CASES[engine]} random programs do what they must while servers are killed (${engine}, ${runtime})`, async (t) => {
    t.diagnostic(`FUZZ_SEED=${SEED}`)
    const random = createRandom(SEED)
    const programs = Array.from({ length: PROGRAMS }, () => drawProgram(random))
    const ledger = await openLedger()
    t.after(() => ledger.close())
    const env = {
      WORKFLOWS_API_KEY: 'wf_test_0123456789abcdef0123456789abcdef',
      WORKFLOWS_EGRESS_ALLOW: `127.0.0.1:${ledger.port}`,
      WORKFLOWS_LEASE_SECONDS: '5',
    }
    const servers = await startServers(engine, { env, random, count: isLong || engine === 'PostgreSQL' ? 3 : 1 })
    t.after(() => servers.close())
    const first = servers.any()
    const owner = await createOwner(first)
    // A hook that is called again after a kill is the same run.
    const fields = { runtime, max_concurrency: 16, idempotency: { from: 'header' } }
    const retries = { count: 10, backoff_seconds: 1 }
    const child = await createCatch(first, { source: CHILD[runtime], ...fields, retries })
    const workflow = await createCatch(first, { source: player(ledger.port)[runtime], ...fields })
    let done = 0
    let doneTogether = 0
    let ended = 0
    let continued = 0
    let isFailed = false
    const proceed = () => assert.ok(!isFailed, 'another program has failed')
    const patiently = <T>(call: (server: TestServer) => Promise<Answer<T>>) =>
      untilAnswered(async () => {
        proceed()
        const server = servers.any()
        const answer = await call(server)
        assert.notEqual(answer.status, 500, `${answer.text}\n${logOf(server, answer.text)}`)
        return answer
      })

    async function playOne(program: Program, id: string): Promise<void> {
      const headers = { prefer: 'respond-async', 'idempotency-key': id }
      const answer = await patiently(({ url }) => {
        const hook_url = new URL(new URL(workflow.hook_url).pathname, url).href
        return callHook({ ...workflow, hook_url }, { id, program, child: child.id }, { headers })
      })
      assert.equal(answer.status, 202, answer.text)
      let path = `/api/runs/${runIdOf(answer)}`
      const waits = new Map(waitsOf(program).map((wait) => [nameOf(wait), wait]))
      const post = (name: string) =>
        patiently((server) => server.api('POST', `${path}/events/${name}`, { body: { plus: 40 } }))
      const choose = async (task: string | null, choice: string) => {
        const answered = await patiently((server) =>
          callAs(server, { ...owner.sender, origin: server.url }, 'POST', `/api/tasks/${task}/answer`, { choice }),
        )
        // A server was killed before it told of the answer.
        assert.ok([200, 409].includes(answered.status), answered.text)
      }
      const serve = async ({ name, task_id }: Waiting) => {
        const wait = waits.get(name)
        waits.delete(name)
        if (wait?.kind === 'ask') await choose(task_id, wait.choice)
        else if (wait !== undefined) {
          const posted = await post(name)
          assert.ok([200, 202].includes(posted.status), posted.text)
        }
      }
      for (const [name, wait] of waits) {
        if (wait.kind !== 'event' || !wait.isEarly) continue
        const { status, text } = await post(name)
        assert.ok([200, 202, 410].includes(status), text)
        // 410: the function was killed before. The event comes when the continued run waits.
        if (status !== 410) waits.delete(name)
      }
      const run = await until(async () => {
        proceed()
        await sleep(LOOK_MS)
        const { body } = await patiently((server) => server.api<RunBody>('GET', path))
        if (body.status === 'waiting') for (const one of body.waiting_for as Waiting[]) await serve(one)
        if (['queued', 'running', 'waiting'].includes(body.status)) return false
        if (!CRASHED.includes(body.code ?? '')) return body
        const again = await patiently((server) => server.api<RunBody>('POST', `${path}/replay`, { from: 'steps' }))
        assert.ok([202, 409].includes(again.status), again.text)
        if (again.status === 409) return body
        path = `/api/runs/${again.body.id}`
        continued += 1
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
      const { body: found } = await patiently((server) => server.api<Steps>('GET', `/api/runs/${run.id}/steps`))
      const steps = found.data
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
        const victims: readonly Victim[] = isLong ? VICTIMS[engine] : ['server']
        await servers.kill(victims[kill % victims.length] ?? 'server')
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
    assert.equal(await settingOf(servers.any(), workflow, 'done'), done)
    const together = Number(await settingOf(servers.any(), workflow, 'together'))
    assert.ok(
      together >= doneTogether,
      `expected at least ${doneTogether} changes of steps at the same time, found ${together}`,
    )
    t.diagnostic(
      `${ended} programs, ${KILLS} kills, ${continued} runs continued, ${done} and ${together} of ${doneTogether} steps with an effect, ${ledger.lines.size} calls of the ledger`,
    )
    // The end of one program shows nothing about the others.
    assert.equal(ended, PROGRAMS)
  })

const nameOf = (wait: ReturnType<typeof waitsOf>[number]): string =>
  wait.kind === 'ask' ? wait.name : (wait.names[wait.n] ?? '')

/** A killed server answers nothing until the next one has started, and others answer 503 without their database. */
async function untilAnswered<T>(call: () => Promise<Answer<T>>): Promise<Answer<T>> {
  return await until(async () => {
    try {
      const answer = await call()
      return ![429, 503].includes(answer.status) && answer
    } catch (error) {
      if (error instanceof TypeError) return null
      throw error
    }
  })
}

/** Returns the lines of the server about an internal error. */
function logOf({ output }: TestServer, text: string): string {
  const [, id = 'no id'] = /as error (\w+)/.exec(text) ?? []
  return output()
    .split('\n')
    .filter((line) => line.includes(id))
    .join('\n')
}
