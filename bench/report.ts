/** Writes what the benchmarks measured last, bench/results/*.json, as tables into docs/evidence/performance.md. */

import { existsSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { cpus, release } from 'node:os'
import { join, resolve } from 'node:path'

type Row = Readonly<Record<string, string | number>>

const ROOT = resolve(import.meta.dirname, '..')
const RESULTS = join(import.meta.dirname, 'results')
const BEGIN = '<!-- figures: written by bench/report.ts -->'
const END = '<!-- end of figures -->'
const SECTIONS = [
  ['hook', 'Hooks'],
  ['databases', 'Hooks on SQLite and on PostgreSQL'],
  ['servers', 'One hook on one server and on two, 32 callers: processor time and transactions of a run'],
  ['waiting', 'Functions that wait 300 ms on one, two and four servers with one PostgreSQL, 16 callers each'],
  ['start', 'First call, computation, memory'],
  ['javascript', 'Functions in JavaScript compared with peers'],
  ['sandboxes', 'New sandboxes: each made, loaded, run once and ended'],
  ['schedules', 'Schedules'],
  ['connectors', 'Programs of the connector package'],
  ['builds', 'Packages: from the request that deploys to its answer'],
  ['first-call', 'Packages: the first call, and an idle template'],
  ['environments', '200 workflows that share 10 environments'],
  ['real-scripts', 'Scripts of others, unchanged'],
  ['imports', 'Workflows of Pipedream and Lambda handlers of others, imported unchanged'],
  ['trials', 'A trial of 1,000 past requests beside hooks'],
  ['steps', 'A stored step beside DBOS and Restate, in turns: runs of 1 and of 11 steps'],
  ['decisions', 'A decision and a step of the same run, in turns: medians of what the function waits'],
  ['asleep', 'Runs that sleep for a week, SQLite'],
  ['store', 'Store; times: median of 20 in ms (the first, the slowest)'],
  ['scale', 'Many workflows and a long history, PostgreSQL'],
  ['profile', "The server's thread with 32 callers"],
  ['search', 'Searching a million runs, to the first page: median of 20 in ms (the first, the slowest), runs found'],
  [
    'counts',
    'Charts and counts of ten million runs of 90 days and 200 workflows: median of 20 in ms (the first, the slowest)',
  ],
  ['app', 'The app in Chromium'],
] as const

/** Keeps the rows under the benchmark's name and renews the tables of the page. */
export async function report(name: string, rows: readonly Row[]): Promise<void> {
  await mkdir(RESULTS, { recursive: true })
  await writeFile(join(RESULTS, `${name}.json`), `${JSON.stringify(rows, null, 2)}\n`)
  const page = join(ROOT, 'docs/evidence/performance.md')
  const text = readFileSync(page, 'utf8')
  const before = text.slice(0, text.indexOf(BEGIN) + BEGIN.length)
  const after = text.slice(text.indexOf(END))
  await writeFile(page, `${before}\n\n${tables()}\n\n${after}`)
}

function tables(): string {
  const machine = `Measured on ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Linux ${release()}, Node ${process.version}.`
  const measured = SECTIONS.filter(([name]) => existsSync(join(RESULTS, `${name}.json`)))
  const parts = measured.map(([name, title]) => `### ${title}\n\n${table(rowsOf(name))}`)
  return [machine, ...parts].join('\n\n')
}

function rowsOf(name: string): Row[] {
  return JSON.parse(readFileSync(join(RESULTS, `${name}.json`), 'utf8'))
}

function table(rows: readonly Row[]): string {
  const columns = Object.keys(rows[0] ?? {})
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`
  const body = rows.map((row) => line(columns.map((column) => row[column] ?? '')))
  return [line(columns), line(columns.map(() => '---')), ...body].join('\n')
}
