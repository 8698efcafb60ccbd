/**
 * `npm run bench -- steps` measures the cost of a stored step: ours on SQLite and on PostgreSQL, DBOS on the same PostgreSQL,
 * and Restate. All flush. All run the same function in TypeScript, with one step and with eleven. A step costs a tenth of the
 * difference, so no figure contains the cost of a run. `BENCH_SECONDS` and `BENCH_ROUNDS` set the measurement.
 */

import { startCluster } from '../test/helpers/cluster.ts'
import { startServer, type TestServer } from '../test/helpers/server.ts'
import { median, round } from './figures.ts'
import { createTarget, type Figure, measureAll, postJson, type Target } from './measure-hooks.ts'
import { startDbos, startRestate } from './peers/durable.ts'
import { report } from './report.ts'

const SECONDS = Number(process.env.BENCH_SECONDS ?? 2)
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5)
const WARM_SECONDS = 8
/** On a busy machine the workers of 32 callers start within half a minute. */
const MAX_WARM_UPS = 8
const FEW = 1
const MANY = 11

const SOURCE = `import { step } from 'workflows'
export default async function workflow({ id, steps = ${FEW} }) {
  let done = 0
  for (let index = 0; index < steps; index += 1) done += await step('step', () => 1)
  return { status_code: 200, body: JSON.stringify({ id, done }), headers: { 'Content-Type': 'application/json' } }
}
`

/** The calls of one round. */
type Turn = { readonly few: Figure; readonly many: Figure }

const endings: (() => Promise<void>)[] = []
const rows: Record<string, string | number>[] = []
try {
  const sqlite = await startServer()
  endings.push(sqlite.close)
  const cluster = await startCluster(1)
  endings.push(cluster.close)
  const [postgres = sqlite] = cluster.servers
  const peers = { createDatabase: () => cluster.postgres.createDatabase(), mayInstall: true }
  const [onSqlite, onPostgres] = [await ours(sqlite, 'SQLite'), await ours(postgres, 'PostgreSQL')]
  const targets = [
    onSqlite,
    onPostgres,
    named(await startDbos(peers), 'DBOS, PostgreSQL'),
    named(await startRestate(peers), 'Restate'),
  ]
  endings.push(...targets.map(({ close }) => close))
  for (const target of targets) await check(target)
  for (const callers of [1, 32]) {
    const turns = await measureTurns(targets, callers)
    const costs = new Map([...turns].map(([target, all]) => [target, all.map(costOf)]))
    for (const target of targets) {
      const cost = costs.get(target) ?? []
      const beside = (other: Target) => round(median(cost.map((ms, turn) => ms / (costs.get(other)?.[turn] ?? 0))))
      rows.push({
        callers,
        target: target.name,
        ...figuresOf(turns.get(target) ?? []),
        'a step, ms': round(median(cost)),
        '× ours, SQLite': beside(onSqlite),
        '× ours, PostgreSQL': beside(onPostgres),
      })
    }
  }
} finally {
  for (const end of endings.reverse()) await end()
}
console.table(rows)
await report('steps', rows)
// A peer may have left something that would keep this process.
process.exit(0)

async function ours(server: TestServer, engine: string): Promise<Target> {
  return await createTarget(server, `workflows, ${engine}`, { runtime: 'node24', source: SOURCE })
}

function named(target: Target | null, name: string): Target {
  if (target === null) throw new Error(`${name} is not installed`)
  return { ...target, name }
}

/** All of them do what they are asked for. */
async function check({ name, url }: Target): Promise<void> {
  for (const steps of [FEW, MANY]) {
    const answer = await postJson(url, bodyOf(steps))
    const text = await answer.text()
    if (text !== JSON.stringify({ id: 7, done: steps })) throw new Error(`${name} answered ${answer.status}: ${text}`)
  }
}

function bodyOf(steps: number): string {
  return JSON.stringify({ id: 7, steps })
}

/** Runs of one and of eleven steps follow one another, so that a slow moment of the machine falls on both. */
async function measureTurns(targets: readonly Target[], callers: number): Promise<Map<Target, Turn[]>> {
  const turns = new Map<Target, Turn[]>(targets.map((target) => [target, []]))
  for (const target of targets) await warm(target, callers)
  for (let turn = 0; turn < ROUNDS; turn += 1)
    for (const target of turn % 2 === 0 ? targets : targets.toReversed()) {
      const few = await measure(target, FEW, callers)
      const many = await measure(target, MANY, callers)
      turns.get(target)?.push({ few, many })
      console.log(target.name, callers, `${round(few.perSecond)} and ${round(many.perSecond)} runs/s`)
    }
  return turns
}

/** Until each caller has a worker: then no second measurement is much better than the first. */
async function warm(target: Target, callers: number): Promise<void> {
  let before = 0
  for (let left = callers === 1 ? 1 : MAX_WARM_UPS; left > 0; left -= 1) {
    const { perSecond } = await measure(target, MANY, callers, WARM_SECONDS)
    if (before > 0 && perSecond < 1.2 * before) return
    before = perSecond
  }
}

async function measure(target: Target, steps: number, callers: number, seconds = SECONDS): Promise<Figure> {
  const [figure] = await measureAll([{ ...target, body: bodyOf(steps) }], callers, { seconds, rounds: 1 })
  if (figure === undefined) throw new Error('a target has a figure')
  return figure
}

/** How long a caller waits for a step in the mean, in ms. Means can be subtracted, medians cannot. */
function costOf({ few, many }: Turn): number {
  const meanOf = ({ callers, perSecond }: Figure) => (1000 * callers) / perSecond
  return (meanOf(many) - meanOf(few)) / (MANY - FEW)
}

function figuresOf(turns: readonly Turn[]): Record<string, number> {
  const of = (pick: (turn: Turn) => number) => median(turns.map(pick))
  return {
    '1 step: p50 ms': round(of(({ few }) => few.p50)),
    '11 steps: p50 ms': round(of(({ many }) => many.p50)),
    '1 step: runs/s': Math.round(of(({ few }) => few.perSecond)),
    '11 steps: runs/s': Math.round(of(({ many }) => many.perSecond)),
  }
}
