/**
 * What a first call, a small computation and an idle server cost: the first call after a start of a function that
 * imports the SDK, 40 × fibo(10) one after the other, and memory. Prints a table and renews docs/evidence/performance.md.
 */

import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { listWorkerProcesses } from '../test/helpers/pool.ts'
import { startServer, type TestServer } from '../test/helpers/server.ts'
import { callHook, createCatch, type WorkflowBody } from '../test/helpers/workflows.ts'
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
  rows.push({ figure: 'server, idle, RSS', value: await rss(server.process.pid ?? 0), unit: 'MiB', 'to reach': 150 })
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
    value: await workerPss(server.process.pid ?? 0),
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
  return round(times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN)
}

async function fibo(running: TestServer, isolation: string): Promise<number> {
  const workflow = await createCatch(running, { source: FIBO, isolation })
  const rounds: number[] = []
  for (let index = 0; index < 5; index += 1) rounds.push(await timed(() => fortyCalls(workflow)))
  return round(Math.min(...rounds.slice(1)))
}

async function fortyCalls(workflow: WorkflowBody): Promise<void> {
  for (let call = 0; call < 40; call += 1) await callHook(workflow, { n: 10 })
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

async function rss(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024)
}

/** The proportional share of one warm worker's processes, averaged over those alive. What a zygote shares with them counts in part. */
async function workerPss(pid: number): Promise<number> {
  const pids = listWorkerProcesses(pid)
  let total = 0
  let workers = 0
  for (const found of pids) {
    const rollup = await readFile(`/proc/${found}/smaps_rollup`, 'utf8').catch(() => '')
    total += Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0) / 1024
    // The template is process 1 of its namespace.
    const status = await readFile(`/proc/${found}/status`, 'utf8').catch(() => '')
    if (/^NSpid:.*\s1$/m.test(status)) workers += 1
  }
  return round(total / workers)
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
