/**
 * Hooks per second and their latency, ours beside the floor and beside peers, in one run.
 * `npm run bench` prints the table and renews docs/evidence/performance.md with its chart; `-- --quick` measures shortly, without the
 * peers that are not installed yet, and changes no file.
 */

import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { startCluster } from '../test/helpers/cluster.ts'
import { startServer } from '../test/helpers/server.ts'
import { type Bar, drawCharts } from './chart.ts'
import { round } from './figures.ts'
import { createTarget, type Figure, measureAll, type Target } from './measure-hooks.ts'
import { startDbos, startRestate } from './peers/durable.ts'
import { startFloor } from './peers/floor.ts'
import { startFunctionsFrameworks } from './peers/functions-framework.ts'
import { startN8n } from './peers/n8n.ts'
import { tryPeer } from './peers/processes.ts'
import { report } from './report.ts'

const isQuick = process.argv.includes('--quick')
const QUICK = { seconds: 1, rounds: 2 } as const
const CHART = resolve(import.meta.dirname, '../docs/evidence/performance/hooks.svg')
const endings: (() => Promise<void>)[] = []
const figures: Figure[] = []
try {
  const sqlite = await startServer()
  endings.push(sqlite.close)
  const cluster = await startCluster(1)
  endings.push(cluster.close)
  const [postgres = sqlite] = cluster.servers
  const ours = [
    await createTarget(sqlite, 'workflows reuse', { isolation: 'reuse' }),
    await createTarget(sqlite, 'workflows fresh', { isolation: 'fresh' }),
    await createTarget(sqlite, 'workflows reuse, JavaScript', { isolation: 'reuse', runtime: 'node24' }),
    await createTarget(sqlite, 'workflows fresh, JavaScript', { isolation: 'fresh', runtime: 'node24' }),
    await createTarget(postgres, 'workflows reuse, PostgreSQL', { isolation: 'reuse' }),
    await createTarget(postgres, 'workflows fresh, PostgreSQL', { isolation: 'fresh' }),
  ]
  const peers = await startPeers(() => cluster.postgres.createDatabase())
  const targets = [await startFloor(), ...peers, ...ours]
  endings.push(...targets.map(({ close }) => close))
  for (const callers of [1, 32]) figures.push(...(await measureAll(targets, callers, isQuick ? QUICK : {})))
} finally {
  for (const end of endings.reverse()) await end()
}
const rows = figures.map(rowOf)
console.table(rows)
if (!isQuick) {
  await mkdir(join(CHART, '..'), { recursive: true })
  await writeFile(CHART, drawCharts(chartsOf()))
  await report('hook', rows)
}
// A peer may have left something that would keep this process.
process.exit(0)

async function startPeers(createDatabase: () => Promise<string>): Promise<Target[]> {
  const found: Target[] = [...(await startFunctionsFrameworks())]
  const starts = { n8n: startN8n, DBOS: startDbos, Restate: startRestate }
  for (const [name, start] of Object.entries(starts))
    found.push(...(await tryPeer(name, start, { createDatabase, mayInstall: !isQuick })))
  return found
}

/** Beside the floor at the same number of callers; the floor is the first target. */
function rowOf({ name, callers, p50, p99, perSecond }: Figure): Record<string, string | number> {
  return {
    callers,
    target: name,
    'p50 ms': round(p50),
    'p99 ms': round(p99),
    'runs/s': Math.round(perSecond),
    '× floor': round(perSecond / floorAt(callers)),
  }
}

function floorAt(callers: number): number {
  return figures.find((figure) => figure.callers === callers)?.perSecond ?? Number.NaN
}

function chartsOf() {
  const bars = (callers: number, barOf: (figure: Figure) => Pick<Bar, 'value' | 'note'>): Bar[] =>
    figures
      .filter((figure) => figure.callers === callers)
      .map((figure) => ({ name: figure.name, isOurs: figure.name.startsWith('workflows'), ...barOf(figure) }))
  return [
    {
      title: '32 callers',
      unit: 'calls a second: longer is better',
      bars: bars(32, ({ perSecond }) => ({ value: perSecond, note: `${round(perSecond / floorAt(32))} × floor` })),
    },
    {
      title: 'One caller',
      unit: 'median milliseconds until the answer: shorter is better',
      bars: bars(1, ({ p50, p99 }) => ({ value: p50, note: `p99 ${round(p99)}` })),
    },
  ]
}
