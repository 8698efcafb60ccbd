/**
 * Hooks per second and their latency, ours beside the floor and beside peers, in one run.
 * `npm run bench` prints the table and renews docs/performance.md.
 */

import { startServer } from '../test/helpers/server.ts'
import { createTarget, type Figure, measureAll, round } from './measure-hooks.ts'
import { startFloor } from './peers/floor.ts'
import { startFunctionsFrameworks } from './peers/functions-framework.ts'
import { report } from './report.ts'

const server = await startServer()
const targets = [
  await startFloor(),
  ...(await startFunctionsFrameworks()),
  await createTarget(server, 'workflows reuse', 'reuse'),
  await createTarget(server, 'workflows fresh', 'fresh'),
]
const figures: Figure[] = []
try {
  for (const callers of [1, 32]) figures.push(...(await measureAll(targets, callers)))
} finally {
  for (const target of targets) await target.close()
  await server.close()
}
const rows = figures.map(rowOf)
console.table(rows)
await report('hook', rows)

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
