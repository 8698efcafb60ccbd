/**
 * `npm run bench -- asleep`: runs that sleep for a week are rows and nothing else, and wake as fast as queued runs end.
 * `BENCH_RUNS` is their number, 10,000 by default. SQLite, functions in Python. The time to wake is measured for two
 * functions: one only sleeps, the other stores a step before and after its sleep.
 */

import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { measure } from '../chaos/soak/measure.ts'
import { bodyOf, ended, runIdOf } from '../test/helpers/durable.ts'
import { startServer, type TestServer } from '../test/helpers/server.ts'
import { callHook, createCatch, must, until, type WorkflowBody } from '../test/helpers/workflows.ts'
import { median, quantile, round, timed, together } from './figures.ts'
import { report } from './report.ts'

const RUNS = Number(process.env.BENCH_RUNS ?? 10_000)
const CALLERS = 16
const AHEAD_MS = 7 * 86_400_000 + 3_600_000
/** Runs that wake at different times within this time. */
const TIMED = Math.min(RUNS, 1000)
const SPREAD_MS = 60_000
const REST_MS = 15_000
const PATIENCE_MS = 60 * 60_000
const ASYNC = { headers: { prefer: 'respond-async' } }

const SOURCE = `
import datetime, time
from workflows import sleep, step
def workflow(_request, settings):
    steps = _request.get("steps")
    if steps:
        step("ask", lambda: {"asked": True})
    if _request.get("until"):
        sleep("until", until=datetime.datetime.fromtimestamp(_request["until"], datetime.timezone.utc))
        return {"status_code": 200, "body": str(1000 * (time.time() - _request["until"]))}
    if _request.get("days"):
        sleep("week", days=_request["days"])
    if steps:
        step("thank", lambda: {"thanked": True})
    if _request.get("block"):
        time.sleep(3000)
    return {"status_code": 200, "body": "done"}
`
const FIELDS = { source: SOURCE, timeout_seconds: 3600, max_concurrency: 32 }

const first = await startServer({ unwatched: 'a benchmark' })
try {
  const workflow = await createCatch(first, FIELDS)
  const before = await measureAtRest(first, workflow)
  await callAll(workflow, RUNS, () => ({ days: 7 }))
  await untilCount(first, ['waiting'], RUNS)
  const late = await measureLateness(first, workflow)
  await first.stop()

  // A new process: the calls above left garbage in the memory of the first.
  const resting = await startAgain()
  const asleep = await measureAtRest(resting, at(resting, workflow))
  await resting.stop()

  const plain = { awakeMs: await measureAwake(1), queuedMs: await measureQueued(1, {}) }
  const sleeping = await startAgain(1)
  await callAll(at(sleeping, workflow), RUNS, () => ({ days: 7, steps: true }))
  await untilCount(sleeping, ['waiting'], RUNS)
  await sleeping.stop()
  const stepping = { awakeMs: await measureAwake(2), queuedMs: await measureQueued(2, { steps: true }) }

  const rows = [
    {
      figure: `processes without and with ${RUNS} sleeping runs`,
      value: `${before.processes} and ${asleep.processes}`,
    },
    { figure: 'descriptors of the server', value: `${before.descriptors} and ${asleep.descriptors}` },
    { figure: 'memory of the server, MiB', value: `${Math.round(before.rssMib)} and ${Math.round(asleep.rssMib)}` },
    ...timesOf(plain, 'the function only sleeps'),
    ...timesOf(stepping, 'with a step before and after the sleep'),
    {
      figure: `lateness of ${TIMED} runs over ${SPREAD_MS / 1000} s, p50, ms`,
      value: round(median(late), 1),
    },
    { figure: 'p99, ms', value: round(quantile(late, 0.99), 1) },
  ]
  console.table(rows)
  await report('asleep', rows)
} finally {
  await first.close()
}
process.exit(0)

type Times = { readonly awakeMs: number; readonly queuedMs: number }

function timesOf({ awakeMs, queuedMs }: Times, of: string) {
  return [
    { figure: `${RUNS} runs are due, and all have ended after, s; ${of}`, value: round(awakeMs / 1000, 1) },
    { figure: `${RUNS} queued runs of the same function have ended after, s`, value: round(queuedMs / 1000, 1) },
  ]
}

function at({ url }: TestServer, workflow: WorkflowBody): WorkflowBody {
  return { ...workflow, hook_url: workflow.hook_url.replace(first.url, url) }
}

/** The server's clock is `times` weeks and hours ahead. */
function startAgain(times = 0): Promise<TestServer> {
  const { dataDir, apiKey } = first
  const preload = `const now = Date.now; Date.now = () => now() + ${times * AHEAD_MS}`
  const env = {
    WORKFLOWS_API_KEY: apiKey,
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(preload)}`,
  }
  return startServer({ dataDir, env, unwatched: 'a benchmark' })
}

async function measureAwake(times: number): Promise<number> {
  const server = await startAgain(times)
  const ms = await untilCount(server, ['waiting', 'queued', 'running'], 0)
  await server.stop()
  return ms
}

/** Measures a server that has just started, as `measureAwake` does. The run that holds the slot continues there. */
async function measureQueued(times: number, request: object): Promise<number> {
  const server = await startAgain(times)
  const queued = await createCatch(server, { ...FIELDS, max_concurrency: 1 })
  const holding = runIdOf(await callHook(queued, { block: true }, ASYNC))
  await callAll(queued, RUNS, () => request)
  await untilCount(server, ['queued'], RUNS)
  await server.stop()

  const last = await startAgain(times)
  await must(last.api('PATCH', `/api/workflows/${queued.id}`, { max_concurrency: 32 }), 200)
  await must(last.api('POST', `/api/runs/${holding}/cancel`), 200)
  const ms = await untilCount(last, ['queued', 'running'], 0)
  await last.stop()
  return ms
}

async function measureAtRest(server: TestServer, workflow: WorkflowBody): Promise<Awaited<ReturnType<typeof measure>>> {
  await callAll(workflow, 200, () => ({}))
  await untilCount(server, ['queued', 'running'], 0)
  await sleep(REST_MS)
  return await measure(server)
}

async function callAll(workflow: WorkflowBody, count: number, requestOf: (n: number) => object): Promise<string[]> {
  const runs: string[] = []
  const numbers = Array.from({ length: count }, (_, index) => index + 1)
  await together(CALLERS, numbers, async (n) => {
    const answer = await callHook(workflow, requestOf(n), ASYNC)
    if (answer.status !== 202) throw new Error(`a call got ${answer.status}: ${answer.text}`)
    runs.push(runIdOf(answer))
  })
  return runs
}

/** Returns how long it took, in ms. */
async function untilCount({ dataDir }: TestServer, statuses: readonly string[], expected: number): Promise<number> {
  const database = new DatabaseSync(`${dataDir}/workflows.db`, { readOnly: true })
  const marks = statuses.map(() => '?').join(', ')
  const query = database.prepare(`select count(*) as count from runs where status in (${marks})`)
  const ms = await timed(() => until(async () => query.get(...statuses)?.count === expected, PATIENCE_MS))
  database.close()
  return ms
}

/** Returns the times in ms from the due moment to the next line of the function. */
async function measureLateness(server: TestServer, workflow: WorkflowBody): Promise<readonly number[]> {
  const start = Date.now() + SPREAD_MS / 2
  const runs = await callAll(workflow, TIMED, (n) => ({ until: (start + (n * SPREAD_MS) / TIMED) / 1000 }))
  const late: number[] = []
  for (const run of runs) late.push(Number(bodyOf(await ended(server, run))))
  return late
}
