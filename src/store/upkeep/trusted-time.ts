/** Whether a clock may decide what is old: on SQLite there is no other to compare it with, and what is deleted by a wrong one is gone. */

import type { Database } from '../database/database.ts'
import { type Db, toBuffer } from '../database/tables.ts'
import { relaySchedules } from '../schedules/relay.ts'

export type TrustedTime = {
  /**
   * The time by which old things may be deleted: `now`, but for a day after the clock went ahead by more than a day, when it is the time
   * before. Where the clock was set back, schedules are laid anew, which would wait for what it said.
   */
  trustedNow(now: number): Promise<number>
}

/** What is known of the clock. */
type ClockMemory = {
  readonly seenAt: number
  /** It went ahead, from `trusted` to `from`; null: it did not. */
  readonly doubt: { readonly from: number; readonly trusted: number } | null
}

const KEY = 'clock'
const DAY_MS = 24 * 3600_000
/** A machine sleeps over a night and a program is down for an hour; a clock that is wrong by less deletes little. */
const AHEAD_MS = DAY_MS
const BACK_MS = 5000
const KEEP_EVERY_MS = 60_000

/** What is known of the clock once it says `now`. */
export function judgeClock({ seenAt, doubt }: ClockMemory, now: number): ClockMemory {
  const trusted = doubt?.trusted ?? seenAt
  const isAhead = now - (doubt === null ? seenAt : trusted) > AHEAD_MS
  if (!isAhead) return { seenAt: now, doubt: null }
  // It went ahead just now, once more, or was set back halfway.
  if (doubt === null || now - seenAt > AHEAD_MS || now < doubt.from)
    return { seenAt: now, doubt: { from: now, trusted } }
  return { seenAt: now, doubt: now - doubt.from < DAY_MS ? doubt : null }
}

/** The store's part that remembers the clock, over restarts too. */
export function createTrustedTime(database: Database): TrustedTime {
  let memory: ClockMemory | null = null
  let keptAt = Number.NEGATIVE_INFINITY
  /** When the clock was seen, by the monotonic one. */
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
        await database.write((db) => writeMemory(db, memory ?? former))
        keptAt = now
      }
      return memory.doubt?.trusted ?? now
    },
  }
}

/** Of a database that has none yet: its newest run. */
async function readMemory(db: Db, now: number): Promise<ClockMemory> {
  const row = await db.selectFrom('meta').select('value').where('key', '=', KEY).executeTakeFirst()
  if (row !== undefined) return JSON.parse(toBuffer(row.value).toString())
  const newest = await db
    .selectFrom('runs')
    .select('created_at')
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return { seenAt: newest?.created_at ?? now, doubt: null }
}

async function writeMemory(db: Db, memory: ClockMemory): Promise<void> {
  const value = Buffer.from(JSON.stringify(memory))
  await db
    .insertInto('meta')
    .values({ key: KEY, value })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
    .execute()
}
