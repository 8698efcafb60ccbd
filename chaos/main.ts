/**
 * `npm run chaos [-- --rounds 100 --engine sqlite|postgres --seed 1]`: kills real servers under load and counts what is broken.
 * `npm run chaos -- --cluster [--from CLONE] [--only replaced]`: three servers behind nginx; from an earlier release, which is
 * replaced in the end; of the events only those whose name holds a text. `--logs FILE`: what the servers write, with the times.
 * `npm run chaos -- --decisions 10000 [--kills 25 --rows 3 --times 2]`: functions decide while servers are killed. Then bytes of
 * the table are changed, people erased, and the clock is moved by years.
 * `npm run chaos -- --soak [--minutes 10] [--warm-up 6]`: one server at half load, and whether what it holds is flat.
 */

import { appendFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type RoundReport, runChaos } from './chaos.ts'
import { type EventReport, runCluster } from './cluster.ts'
import type { Answer } from './cluster-load.ts'
import { printProof } from './decisions/print.ts'
import type { Engine } from './servers.ts'
import { printSoak } from './soak/print.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '100' },
    engine: { type: 'string' },
    decisions: { type: 'string' },
    kills: { type: 'string', default: '25' },
    rows: { type: 'string', default: '3' },
    times: { type: 'string', default: '2' },
    cluster: { type: 'boolean', default: false },
    from: { type: 'string' },
    soak: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '10' },
    'warm-up': { type: 'string', default: '6' },
    only: { type: 'string', default: '' },
    logs: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const engines: readonly Engine[] =
  values.engine === undefined ? ['sqlite', 'postgres'] : [values.engine === 'postgres' ? 'postgres' : 'sqlite']
const seed = Number(values.seed)
const rounds = Number(values.rounds)

let isBroken = false
if (values.cluster) isBroken = await tryCluster()
if (values.soak) isBroken = await printSoak(Number(values.minutes), Number(values['warm-up']))
for (const engine of values.decisions === undefined ? [] : engines) {
  const sizes = { kills: Number(values.kills), rows: Number(values.rows), times: Number(values.times) }
  isBroken = (await printProof({ engine, seed, decisions: Number(values.decisions), ...sizes })) || isBroken
}
for (const engine of values.cluster || values.soak || values.decisions ? [] : engines) {
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

/** Prints a row for each event. Returns whether a promise was broken. */
async function tryCluster(): Promise<boolean> {
  console.log('| event | calls | answered | asked to retry | lost, told so | no answer of ours | error window |')
  console.log('| --- | --- | --- | --- | --- | --- | --- |')
  const onEvent = ({ name, answers, windowSeconds }: EventReport) => {
    const count = (kind: Answer['kind']) => answers.filter((one) => one.kind === kind).length
    const kinds = (['answered', 'asked to retry', 'lost', 'broken'] as const).map(count)
    console.log(`| ${[name, answers.length, ...kinds, `${windowSeconds.toFixed(1)} s`].join(' | ')} |`)
    const refused = answers.filter(({ kind }) => kind === 'asked to retry' || kind === 'lost')
    for (const [code, { length }] of Map.groupBy(refused, codeOf)) console.error(`  ${length} × ${code}`)
    for (const { call, status, found } of answers.filter(({ kind }) => kind === 'broken'))
      console.error(`  call ${call}: ${status} ${found.replaceAll(/\s+/g, ' ')}`)
    for (const { at, kind, found } of refused) keep(at, `call ${kind}: ${found}`)
  }
  const keep = (at: number, text: string) => {
    if (values.logs !== undefined) appendFileSync(values.logs, `${new Date(at).toISOString()} ${text}\n`)
  }
  const onLine = (server: number, line: string) => keep(Date.now(), `server ${server}: ${line}`)
  const report = await runCluster(values.from ?? null, values.only, onEvent, onLine)
  const { acknowledged, missing, callsTwice, ticks, ticksTwice } = report
  console.log(`\n${acknowledged} acknowledged calls, ${missing} of them missing, ${callsTwice} calls with two runs;`)
  console.log(`${ticks} ticks, ${ticksTwice} of them twice.`)
  return missing + callsTwice + ticksTwice > 0
}

/** What was said, without what differs from call to call. */
function codeOf({ status, found }: Answer): string {
  return `${status} ${/"detail":"([^"]*)/.exec(found)?.[1] ?? found}`.replaceAll(/run_\w+/g, 'run_…')
}
