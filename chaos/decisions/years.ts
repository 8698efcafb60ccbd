/** Servers whose clock is days and years ahead: requests go after a week, decisions after their four years. */

import type { Exported } from './check.ts'
import { ACTIVE, type Chain, type Context, countOf, readNumber, untilNumber, urlsOf, verifyChain } from './context.ts'
import { apply, KEPT } from './load.ts'

const DAY_MS = 86_400_000
const { keep_days: KEEP_DAYS } = KEPT.decisions

/** Throws unless the chains are intact at each time. */
export async function passYears(context: Context): Promise<readonly string[]> {
  const broken: string[] = []
  const before = await exportAll(context, countOf)
  await moveTo(context, KEPT.retention_days + 1)
  const runs = await readNumber(context.tables, 'select count(*) as count from runs')
  if (runs > 0) broken.push(`${runs} runs are left after ${KEPT.retention_days} days`)
  broken.push(...compareAll('after the runs were deleted', before, await exportAll(context, countOf)))
  await decideOnce(context)
  const later = await exportAll(context, (chain) => countOf(chain) + 1)
  await moveTo(context, KEEP_DAYS - 1)
  broken.push(...compareAll('a day before their end', later, await exportAll(context, (chain) => countOf(chain) + 1)))
  await moveTo(context, KEEP_DAYS + 1)
  const last = later.map((exported) => exported.slice(-1))
  broken.push(...compareAll('a day after their end', last, await exportAll(context, () => 1)))
  return broken
}

async function exportAll(context: Context, count: (chain: Chain) => number): Promise<readonly (readonly Exported[])[]> {
  const all: (readonly Exported[])[] = []
  for (const chain of context.chains) all.push(await verifyChain(context, chain, count(chain)))
  return all
}

function compareAll(
  when: string,
  wanted: readonly (readonly Exported[])[],
  found: readonly (readonly Exported[])[],
): readonly string[] {
  return JSON.stringify(wanted) === JSON.stringify(found) ? [] : [`the decisions are not the same ${when}`]
}

/** Each chain goes on with a decision whose four years begin later. */
async function decideOnce({ chains, live, random, tables }: Context): Promise<void> {
  for (const { workflow } of chains) {
    const id = `later-${workflow.id}`
    const application = { id, email: `${id}@example.com`, decisions: 1, years: 5, sex: null, pause: 0 }
    await apply(workflow, application, () => urlsOf(live), random)
  }
  await untilNumber(tables, ACTIVE, (count) => count === 0)
}

/** Replaces the servers by one with this clock. Resolves after old data were deleted. */
async function moveTo({ servers, live, tables }: Context, days: number): Promise<void> {
  const aheadMs = days * DAY_MS
  for (const server of live) await server.kill('SIGTERM')
  await tables.moveClock(aheadMs)
  await trustClock(tables, Date.now() + aheadMs)
  const preload = `const now = Date.now; Date.now = () => now() + ${aheadMs}`
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(preload)}` }
  const server = await servers.start(env)
  live.splice(0, live.length, server)
  await server.swept
}

/** Stores the clock as a server that looks at it every day. After a sudden jump, retention waits for a day. */
async function trustClock(tables: Context['tables'], now: number): Promise<void> {
  const value = Buffer.from(JSON.stringify({ seenAt: now, doubt: null }))
  await tables.query(
    "insert into meta (key, value) values ('clock', ?) on conflict (key) do update set value = excluded.value",
    [value],
  )
}
