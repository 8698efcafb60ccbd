/**
 * What a first call, a small computation and an idle server cost: the first call after a start of a function that
 * imports the SDK, 40 × fibo(10) one after the other, and memory. Prints a table and renews docs/evidence/performance.md.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { listWorkerProcesses } from '../test/helpers/pool.ts'
import { startServer, type TestServer } from '../test/helpers/server.ts'
import { callHook, createCatch, type WorkflowBody } from '../test/helpers/workflows.ts'
import { median, round, timed } from './figures.ts'
import { isFirst, pss, rss } from './packages/processes.ts'
import { report } from './report.ts'

const FIRST_CALLS = 20
/** Lets the pool boot the next spare worker, as the minutes between real first calls do. */
const PAUSE_MS = 1500
const SDK = `
import requests
from hrflow import Hrflow
def workflow(_request, settings):
    return {"status_code": 200, "body": Hrflow.__name__ + requests.__name__}
`
const FIBO = `
def fibo(n):
    return n if n < 2 else fibo(n - 1) + fibo(n - 2)
def workflow(_request, settings):
    return {"status_code": 200, "body": str(fibo(_request["n"]))}
`

const rows: Record<string, string | number>[] = []
const server = await startServer()
try {
  await sleep(PAUSE_MS)
  rows.push({
    figure: 'server, idle, RSS',
    value: round(rss(server.process.pid ?? 0), 1),
    unit: 'MiB',
    'to reach': 150,
  })
  rows.push({
    figure: 'first call, hrflow + requests, p50',
    value: await firstCall(server),
    unit: 'ms',
    'to reach': 20,
  })
  rows.push({ figure: '40 × fibo(10), fresh', value: await fibo(server, 'fresh'), unit: 'ms', 'to reach': 100 })
  rows.push({ figure: '40 × fibo(10), reuse', value: await fibo(server, 'reuse'), unit: 'ms', 'to reach': 100 })
  rows.push({
    figure: 'warm worker with the SDK, PSS',
    value: round(workerPss(server.process.pid ?? 0), 1),
    unit: 'MiB',
    'to reach': 20,
  })
} finally {
  await server.close()
}
console.table(rows)
await report('start', rows)

/** Each workflow is new to the pool: its worker is a booted spare that loads the code for this call. */
async function firstCall(running: TestServer): Promise<number> {
  const times: number[] = []
  for (let index = 0; index < FIRST_CALLS; index += 1) {
    // Another isolation is another worker, so the call itself is the first load.
    const workflow = await createCatch(running, { source: `${SDK}# ${index}\n` })
    await running.api('PATCH', `/api/workflows/${workflow.id}`, { isolation: 'reuse' })
    await sleep(PAUSE_MS)
    times.push(await timed(() => callHook(workflow, {})))
  }
  return round(median(times), 1)
}

async function fibo(running: TestServer, isolation: string): Promise<number> {
  const workflow = await createCatch(running, { source: FIBO, isolation })
  const rounds: number[] = []
  for (let index = 0; index < 5; index += 1) rounds.push(await timed(() => fortyCalls(workflow)))
  return round(Math.min(...rounds.slice(1)), 1)
}

async function fortyCalls(workflow: WorkflowBody): Promise<void> {
  for (let call = 0; call < 40; call += 1) await callHook(workflow, { n: 10 })
}

/** The proportional share of one warm worker's processes, averaged over those alive. What a zygote shares with them counts in part. */
function workerPss(pid: number): number {
  const pids = listWorkerProcesses(pid)
  const total = pids.reduce((sum, found) => sum + pss(found), 0)
  // Templates are process 1 of their namespace.
  return total / pids.filter(isFirst).length
}
