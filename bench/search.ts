/**
 * Searching a million runs for a text, on both engines: how long the store takes to the first page. Prints a table and
 * renews docs/evidence/performance.md. `BENCH_RUNS` changes the million.
 */

import type { DatabaseOptions, Engine } from '../src/store/database/database.ts'
import type { RunFilter } from '../src/store/runs/rows/records.ts'
import { openStore } from '../test/helpers/databases.ts'
import { addWorkflow, FIRST_PAGE } from '../test/helpers/store-data.ts'
import { bench, measureBoth, note, noteTimes, vacuum } from './both-engines.ts'
import { candidateOf, writeHistory } from './million-runs.ts'

const RUNS = Number(process.env.BENCH_RUNS ?? 1_000_000)
const WORKFLOWS = 1000
const APART_MS = 2000

await measureBoth('search', measureEngine)

async function measureEngine(engine: Engine, options: DatabaseOptions): Promise<void> {
  const before = await openStore(bench, options)
  const workflowIds: string[] = []
  for (let count = 0; count < WORKFLOWS; count += 1) workflowIds.push((await addWorkflow(before)).id)
  await before.close()
  const start = performance.now()
  await writeHistory(options, { workflowIds, count: RUNS, until: Date.now() - 60_000, apartMs: APART_MS })
  note('writing runs and index, s', engine, ((performance.now() - start) / 1000).toFixed(0))
  if (options.databaseUrl !== null) await vacuum(options.databaseUrl)
  const store = await openStore(bench, options)
  const small: RunFilter = { workflowId: workflowIds[501] }
  const searches: readonly (readonly [string, RunFilter, string])[] = [
    ['a text of every run', {}, 'recruiting'],
    ['a name, one run in a hundred', {}, 'grace hopper'],
    ['the file of one run half way down', {}, candidateOf(Math.floor(RUNS / 2) + 1).file],
    ['the file of the oldest run', {}, candidateOf(0).file],
    ['a number in one run', {}, `profile-${Math.floor(RUNS / 3)}`],
    ['a text of no run', {}, 'zebra crossing'],
    ['a text of no run, of parts that many have', {}, 'grace-turing-profile'],
    ['a name in a workflow with one run in 2,000', small, 'grace hopper'],
    ['a name that none of the largest workflow’s runs has', { workflowId: workflowIds[0] }, 'grace hopper'],
    ['a name in failed runs', { status: 'failed' }, 'ada lovelace'],
  ]
  for (const [name, filter, text] of searches) {
    let found = ''
    const search = async () => {
      const page = await store.runs.search(filter, text, FIRST_PAGE)
      found = `, ${page.data.length}${page.nextCursor === null ? '' : '+'}`
    }
    await noteTimes(name, engine, search, () => found)
  }
  await store.close()
}
