/**
 * Where the server's thread spends its time with 32 callers, under `reuse` and `fresh` on SQLite and under `reuse` on PostgreSQL:
 * a flame graph of each in docs/performance/, and the functions that take most.
 */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createPostgres } from '../test/helpers/databases.ts'
import { startServer } from '../test/helpers/server.ts'
import { round } from './figures.ts'
import { type CpuProfile, drawFlame, mergeFrames, topOf } from './flame.ts'
import { createTarget, measureAll } from './measure-hooks.ts'
import { report } from './report.ts'

const CALLERS = 32
const SECONDS = Number(process.env.BENCH_SECONDS ?? 5)
const TOP = 12
const FOLDER = resolve(import.meta.dirname, '../docs/performance')

const postgres = createPostgres()
const rows: Record<string, string | number>[] = []
try {
  mkdirSync(FOLDER, { recursive: true })
  await profile('reuse', 'reuse', {})
  await profile('fresh', 'fresh', {})
  await profile('reuse-postgres', 'reuse', { DATABASE_URL: await postgres.createDatabase() })
} finally {
  await postgres.stop()
}
console.table(rows)
await report('profile', rows)

async function profile(
  name: string,
  isolation: 'reuse' | 'fresh',
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'workflows-profile-'))
  const startedAt = performance.now()
  const server = await startServer({
    env,
    through: ([file = '', ...args]) => ({
      file,
      args: ['--cpu-prof', `--cpu-prof-dir=${directory}`, ...args],
      identity: {},
    }),
  })
  const target = await createTarget(server, name, { isolation })
  // Warm, as a server is after its first minute.
  await measureAll([target], CALLERS, { seconds: 2, rounds: 1 })
  const from = performance.now() - startedAt
  const [figure] = await measureAll([target], CALLERS, { seconds: SECONDS, rounds: 1 })
  const to = performance.now() - startedAt
  await server.close()
  // Threads have profiles of their own; the server's is the largest.
  const files = readdirSync(directory).map((file) => readFileSync(join(directory, file)))
  rmSync(directory, { recursive: true })
  const largest = files.toSorted((a, b) => b.length - a.length)[0]
  const root = mergeFrames(JSON.parse(String(largest)) as CpuProfile, from, to)
  const perRun = root.total / Math.max(1, (figure?.perSecond ?? 0) * SECONDS)
  const title = `${name}, ${CALLERS} callers: ${Math.round(perRun)} µs of the server's thread for each run`
  writeFileSync(join(FOLDER, `${name}.svg`), drawFlame(title, root))
  for (const { name: what, share } of topOf(root, TOP))
    rows.push({
      profile: name,
      function: what.replaceAll('|', '/'),
      'by itself, %': round(share * 100),
      'µs a run': round(share * perRun),
    })
}
