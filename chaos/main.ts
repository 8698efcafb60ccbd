/** `npm run chaos [-- --rounds 100 --engine sqlite|postgres --seed 1]`: kills real servers under load and counts what is broken. */

import { parseArgs } from 'node:util'
import { type RoundReport, runChaos } from './chaos.ts'
import type { Engine } from './servers.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '100' },
    engine: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const engines: readonly Engine[] =
  values.engine === undefined ? ['sqlite', 'postgres'] : [values.engine === 'postgres' ? 'postgres' : 'sqlite']
const seed = Number(values.seed)
const rounds = Number(values.rounds)

let isBroken = false
for (const engine of engines) {
  console.log(`\n${engine}: ${rounds} rounds, seed ${seed}`)
  const startedAt = performance.now()
  const reports = await runChaos({ engine, rounds, seed, onRound: print })
  summarize(engine, reports, Math.round((performance.now() - startedAt) / 1000))
  isBroken ||= reports.some(({ broken }) => broken.length > 0)
}
process.exit(isBroken ? 1 : 0)

function print({ round, moment, hit, calls, unknown, lost, ticks, broken }: RoundReport): void {
  const death = hit ? moment : `${moment}, not met: killed from outside`
  console.log(`round ${round}: ${calls} calls, ${unknown} without an answer, ${lost} lost, ${ticks} ticks (${death})`)
  for (const sentence of broken) console.log(`  BROKEN: ${sentence}`)
}

function summarize(engine: Engine, reports: readonly RoundReport[], seconds: number): void {
  console.log(`\n${engine}, ${reports.length} rounds in ${seconds} s`)
  console.log('| died | rounds | met | calls | without an answer | runs lost | broken promises |')
  console.log('| --- | --- | --- | --- | --- | --- | --- |')
  const moments = [...new Set(reports.map(({ moment }) => moment))]
  for (const moment of moments)
    console.log(
      row(
        moment,
        reports.filter((report) => report.moment === moment),
      ),
    )
  console.log(row('all', reports))
}

function row(name: string, reports: readonly RoundReport[]): string {
  const sum = (read: (report: RoundReport) => number) => reports.reduce((total, report) => total + read(report), 0)
  const cells = [
    name,
    reports.length,
    sum(({ hit }) => Number(hit)),
    sum(({ calls }) => calls),
    sum(({ unknown }) => unknown),
    sum(({ lost }) => lost),
    sum(({ broken }) => broken.length),
  ]
  return `| ${cells.join(' | ')} |`
}
