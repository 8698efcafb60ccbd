/**
 * Hooks per second and their latency, ours beside the floor and beside peers, in one run.
 * `npm run bench` prints the table and renews docs/performance.md.
 */

import autocannon from 'autocannon'
import { startServer, type TestServer } from '../test/helpers/server.ts'
import { callHook, createCatch } from '../test/helpers/workflows.ts'
import { startFloor } from './peers/floor.ts'
import { startFunctionsFrameworks } from './peers/functions-framework.ts'
import { report } from './report.ts'

export type Target = { readonly name: string; readonly url: string; close(): Promise<void> }
type Figure = {
  readonly name: string
  readonly callers: number
  readonly p50: number
  readonly p99: number
  readonly perSecond: number
}

const SECONDS = Number(process.env.BENCH_SECONDS ?? 5)
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3)
const BODY = JSON.stringify({ file_url: 'https://company.storage.fr/file/profile_1.doc', id: 7 })
const SOURCE = `
import json
def workflow(_request, settings):
    return {"status_code": 200, "body": json.dumps({"id": _request["id"]}), "headers": {"Content-Type": "application/json"}}
`

const server = await startServer()
const targets = [
  await startFloor(),
  ...(await startFunctionsFrameworks()),
  await ours(server, 'reuse'),
  await ours(server, 'fresh'),
]
const figures: Figure[] = []
try {
  for (const callers of [1, 32]) figures.push(...(await measureAll(callers)))
} finally {
  for (const target of targets) await target.close()
  await server.close()
}
const rows = figures.map(rowOf)
console.table(rows)
await report('hook', rows)

async function ours(running: TestServer, isolation: string): Promise<Target> {
  const workflow = await createCatch(running, { source: SOURCE, isolation, max_concurrency: 32 })
  await Promise.all(Array.from({ length: 64 }, () => callHook(workflow, { id: 7 })))
  return { name: `workflows ${isolation}`, url: workflow.hook_url, close: async () => {} }
}

/** The targets take turns, so that a slow moment of the machine falls on all of them; each figure is the median of the rounds. */
async function measureAll(callers: number): Promise<Figure[]> {
  const rounds: Figure[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { name, url } of targets) rounds.push(await measure(name, url, callers))
  }
  return targets.map(({ name }) => medianOf(rounds.filter((figure) => figure.name === name)))
}

async function measure(name: string, url: string, callers: number): Promise<Figure> {
  const latencies: number[] = []
  const run = autocannon({
    url,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: BODY,
    connections: callers,
    duration: SECONDS,
  })
  let failed = 0
  run.on('response', (_client, status, _bytes, ms) => {
    if (status === 200) latencies.push(ms)
    else failed += 1
  })
  await run
  if (failed > 0) console.error(`${name}: ${failed} answers were not 200`)
  latencies.sort((a, b) => a - b)
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? Number.NaN
  return { name, callers, p50: at(0.5), p99: at(0.99), perSecond: latencies.length / SECONDS }
}

function medianOf(figures: readonly Figure[]): Figure {
  const sorted = [...figures].sort((a, b) => a.perSecond - b.perSecond)
  const middle = sorted[Math.floor(sorted.length / 2)]
  if (middle === undefined) throw new Error('nothing was measured')
  return middle
}

/** Beside the floor at the same number of callers; the floor is the first target. */
function rowOf({ name, callers, p50, p99, perSecond }: Figure): Record<string, string | number> {
  const floor = figures.find((figure) => figure.callers === callers)?.perSecond ?? perSecond
  return {
    callers,
    target: name,
    'p50 ms': round(p50),
    'p99 ms': round(p99),
    'runs/s': Math.round(perSecond),
    '× floor': round(perSecond / floor),
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
