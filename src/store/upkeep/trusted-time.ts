/** SQLite has no other clock to compare. A wrong clock would delete data permanently. */

import type { Database } from '../database/database.ts'
import { readMeta, writeMeta } from '../database/meta.ts'
import { type Db, toBytes, toText } from '../database/tables/tables.ts'
import { relaySchedules } from '../schedules/relay.ts'

export type TrustedTime = {
  /**
   * After a jump ahead by over a day, returns the earlier time for a day. Recomputes schedules after the clock was set
   * back.
   */
  trustedNow(now: number): Promise<number>
}

type ClockMemory = {
  readonly seenAt: number
  /** A jump ahead from `trusted` to `from`. */
  readonly doubt: { readonly from: number; readonly trusted: number } | null
}

const KEY = 'clock'
const DAY_MS = 24 * 3600_000
/** Longer than a machine's sleep. */
const AHEAD_MS = DAY_MS
const BACK_MS = 5000
const KEEP_EVERY_MS = 60_000

export function judgeClock({ seenAt, doubt }: ClockMemory, now: number): ClockMemory {
  const trusted = doubt?.trusted ?? seenAt
  const isAhead = now - (doubt === null ? seenAt : trusted) > AHEAD_MS
  if (!isAhead) return { seenAt: now, doubt: null }
  // The clock jumped again or was set partly back.
  if (doubt === null || now - seenAt > AHEAD_MS || now < doubt.from)
    return { seenAt: now, doubt: { from: now, trusted } }
  return { seenAt: now, doubt: now - doubt.from < DAY_MS ? doubt : null }
}

export function createTrustedTime(database: Database): TrustedTime {
  let memory: ClockMemory | null = null
  let keptAt = Number.NEGATIVE_INFINITY
  let seenFrom = performance.now()

  return {
    async trustedNow(now) {
      const former = memory ?? (await database.read((db) => readMemory(db, now)))
      const elapsed = memory === null ? 0 : performance.now() - seenFrom
      seenFrom = performance.now()
      memory = judgeClock(former, now)
      if (former.seenAt + elapsed - now > BACK_MS) await relaySchedules(database, now)
      const isNews = memory.doubt?.from !== former.doubt?.from || Math.abs(now - keptAt) > KEEP_EVERY_MS
      if (isNews) {
        await database.write((db) => writeMeta(db, KEY, toBytes(JSON.stringify(memory ?? former))))
        keptAt = now
      }
      return memory.doubt?.trusted ?? now
    },
  }
}

/** A database without a stored time uses its newest run. */
async function readMemory(db: Db, now: number): Promise<ClockMemory> {
  const value = await readMeta(db, KEY)
  if (value !== undefined) return JSON.parse(toText(value))
  const newest = await db
    .selectFrom('runs')
    .select('created_at')
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return { seenAt: newest?.created_at ?? now, doubt: null }
}
