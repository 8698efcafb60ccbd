/** Written in bulk, the same each time. */

import { openDatabase } from '../../src/store/database/engines/open.ts'
import type { TickRow } from '../../src/store/database/tables/tables.ts'
import { type PastRun, pastRun } from '../../test/helpers/many-runs.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const DAYS = 14

export type Past = {
  readonly workflowId: string
  readonly versionId: string
  /** Nights and weekends have fewer runs. */
  readonly perDay: number
  readonly failing: number
  readonly typicalMs: number
  readonly message: string
}
export type PastSchedule = { readonly workflowId: string; readonly versionId: string; readonly everyHours: number }

/** The server must not run. */
export async function writeHistory(
  dataDir: string,
  now: number,
  hooks: readonly Past[],
  schedules: readonly PastSchedule[],
): Promise<void> {
  const database = await openDatabase({ databaseUrl: null, dataDir })
  const random = createRandom()
  const runs = hooks.flatMap((past) => pastRuns(past, now, random))
  const scheduled = schedules.map((past) => pastTicks(past, now, random))
  await database.write(async (db) => {
    const all = [...runs, ...scheduled.flatMap((one) => one.runs)]
    for (const some of chunks(all)) await db.insertInto('runs').values(some).execute()
    const ticks = scheduled.flatMap((one) => one.ticks)
    for (const some of chunks(ticks)) await db.insertInto('ticks').values(some).execute()
    // Counts all runs, also those that did not pass the store.
    for (const table of ['run_counts', 'run_counts_open', 'run_counts_reach'] as const)
      await db.deleteFrom(table).execute()
  })
  await database.close()
}

type Random = () => number

/** Keeps pictures stable (mulberry32). */
function createRandom(): Random {
  let state = 42
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function pastRuns(past: Past, now: number, random: Random): PastRun[] {
  const rows: PastRun[] = []
  for (let hour = now - DAYS * DAY_MS; hour < now - HOUR_MS / 4; hour += HOUR_MS) {
    const count = Math.round((past.perDay / 24) * busyness(new Date(hour)) * (0.6 + 0.8 * random()))
    for (let index = 0; index < count; index += 1) {
      const createdAt = Math.floor(hour + random() * HOUR_MS)
      if (createdAt < now - 60_000) rows.push(runRow(past, createdAt, random() < past.failing, random))
    }
  }
  return rows
}

/** People apply in the daytime, on weekdays. */
function busyness(at: Date): number {
  const isWeekend = at.getUTCDay() % 6 === 0
  const hour = at.getUTCHours()
  const daytime = hour < 6 ? 0.25 : hour < 9 ? 1 : hour < 19 ? 1.7 : 0.7
  return daytime * (isWeekend ? 0.35 : 1)
}

type Told = Pick<Past, 'workflowId' | 'versionId' | 'typicalMs' | 'message'>

function runRow(past: Told, createdAt: number, fails: boolean, random: Random): PastRun {
  const ms = past.typicalMs * (0.6 + random() * 0.8) * (random() > 0.94 ? 3 : 1)
  const timing = { accept: 0.3, queue: 0.1, start: 0.8, load: 0.2, run: ms, commit: 0.4 }
  const row = pastRun({ ...past, createdAt, ms, message: fails ? past.message : null })
  return { ...row, timing_json: JSON.stringify(timing) }
}

function pastTicks({ workflowId, versionId, everyHours }: PastSchedule, now: number, random: Random) {
  const runs: PastRun[] = []
  const ticks: TickRow[] = []
  const told = { workflowId, versionId, typicalMs: 600, message: 'ConnectionError: the ATS did not answer within 20 s' }
  const first = Math.ceil((now - 80 * DAY_MS) / HOUR_MS) * HOUR_MS
  for (let dueAt = first; dueAt < now; dueAt += everyHours * HOUR_MS) {
    const chance = random()
    const outcome = chance < 0.004 ? 'missed' : chance < 0.012 ? 'skipped' : 'ran'
    const reasons = { ran: null, skipped: 'overlap: the last run is still under way', missed: 'the server was down' }
    const run: PastRun | null =
      outcome === 'ran' ? { ...runRow(told, dueAt, random() < 0.01, random), trigger: 'schedule' } : null
    if (run !== null) runs.push(run)
    ticks.push({
      workflow_id: workflowId,
      due_at: dueAt,
      outcome,
      reason: reasons[outcome],
      run_id: run?.id ?? null,
      attempts: run === null ? 0 : 1,
    })
  }
  return { runs, ticks }
}

/** Databases limit the values of a statement. */
function chunks<T>(rows: readonly T[]): readonly (readonly T[])[] {
  const starts = Array.from({ length: Math.ceil(rows.length / CHUNK) }, (_, index) => index * CHUNK)
  return starts.map((start) => rows.slice(start, start + CHUNK))
}

const CHUNK = 500
