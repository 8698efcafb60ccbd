/**
 * A trial of 1,000 past requests, and what hooks feel of it: calls of another workflow, first alone, then while the trial
 * runs, at the same rate. Prints a table and renews docs/evidence/performance.md.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { startServer } from '../test/helpers/server.ts'
import { endedTrial, startTrial } from '../test/helpers/trials.ts'
import { callHook, createCatch, must, type WorkflowBody } from '../test/helpers/workflows.ts'
import { quantile, round, timed } from './figures.ts'
import { rss } from './packages/processes.ts'
import { report } from './report.ts'

const RUNS = Number(process.env.BENCH_RUNS ?? 1000)
/** Calls beside the trial, one after the other, with a pause: so the machine is not full without the trial. */
const PAUSE_MS = 20
const ALONE = 500
const SOURCE = `
import json
def workflow(request, settings):
    settings["LAST"] = request["id"]
    return {"status_code": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps({"id": request["id"]})}
`

const server = await startServer()
try {
  const tried = await createCatch(server, { source: SOURCE, max_concurrency: 32 })
  const beside = await createCatch(server, { source: SOURCE, isolation: 'reuse' })
  for (let first = 0; first < RUNS; first += 20)
    await Promise.all(Array.from({ length: 20 }, (_, index) => callHook(tried, { id: first + index })))
  const version = await must(
    server.api<{ number: number }>('POST', `/api/workflows/${tried.id}/versions`, {
      source: SOURCE.replace('"id": request["id"]}', '"id": request["id"], "new": True}'),
      deploy: false,
    }),
    201,
  )
  await callFor(beside, 50)
  const alone = await callFor(beside, ALONE)
  const memory = rss(server.process.pid ?? 0)
  const started = performance.now()
  const { id } = await startTrial(server, tried.id, { version: version.number, runs: { last: RUNS } })
  let isOver = false
  let peak = memory
  const ended = endedTrial(server, id, 1_800_000).then((trial) => {
    isOver = true
    return { trial, ms: performance.now() - started }
  })
  const during: number[] = []
  while (!isOver) {
    during.push(...(await callFor(beside, 20)))
    peak = Math.max(peak, rss(server.process.pid ?? 0))
  }
  const { trial, ms } = await ended
  const [before, meanwhile] = [quantile(alone, 0.95), quantile(during, 0.95)]
  const rows = [
    { figure: `trial of ${trial.total} runs`, value: round(ms / 1000), unit: 's', 'to reach': '' },
    {
      figure: 'of them with the difference found',
      value: trial.counts['changed'] ?? 0,
      unit: 'runs',
      'to reach': trial.total,
    },
    { figure: 'memory of the server, more than before', value: round(peak - memory), unit: 'MiB', 'to reach': '' },
    { figure: `hooks alone, p95 of ${alone.length}`, value: round(before), unit: 'ms', 'to reach': '' },
    {
      figure: `hooks meanwhile, p95 of ${during.length}`,
      value: round(meanwhile),
      unit: 'ms',
      'to reach': round(before * 1.2),
    },
    { figure: 'meanwhile / alone', value: round(meanwhile / before), unit: '×', 'to reach': 1.2 },
  ]
  console.table(rows)
  await report('trials', rows)
} finally {
  await server.close()
}

async function callFor(workflow: WorkflowBody, calls: number): Promise<number[]> {
  const times: number[] = []
  for (let call = 0; call < calls; call += 1) {
    times.push(await timed(() => callHook(workflow, { id: call })))
    await sleep(PAUSE_MS)
  }
  return times
}
