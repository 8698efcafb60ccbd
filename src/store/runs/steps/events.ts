/** A wait gets the first event of its names. */

import { sql } from 'kysely'
import { isFinal } from '../../../domain/runs/run.ts'
import { STEP_LIMITS, type StepKey, type Wait, waitNames } from '../../../domain/runs/steps.ts'
import { type Db, toBytes } from '../../database/tables/tables.ts'
import type { Keyring } from '../../secrets/encryption.ts'
import type { Part, Received, WaitEvent } from '../rows/step-records.ts'
import { insertStep } from './commit.ts'
import { keyOf, lockLastAttempt, openStep, sealStep } from './rows.ts'
import { addStarter } from './starters.ts'
import { wakeForEvent } from './wake.ts'

const eventsOf = (db: Db, firstId: string) =>
  db.selectFrom('run_steps').where('run_id', '=', firstId).where('kind', '=', 'event')
const changeEvents = (db: Db, firstId: string, names: readonly string[]) =>
  db
    .updateTable('run_steps')
    .where('run_id', '=', firstId)
    .where('kind', '=', 'event')
    .where('name_json', 'in', textsOf(names))
const deleteEvent = (db: Db, firstId: string, name: string) =>
  db
    .deleteFrom('run_steps')
    .where(({ and }) => and({ run_id: firstId, kind: 'event', name_json: JSON.stringify(name) }))
const textsOf = (names: readonly string[]): readonly string[] => names.map((name) => JSON.stringify(name))
const keyFor = (name: string): StepKey => ({ kind: 'event', name, number: 1 })

export async function receiveEvent(db: Db, keyring: Keyring, event: WaitEvent): Promise<Received> {
  const { firstId, name, now } = event
  const run = await lockLastAttempt(db, firstId)
  if (run === undefined || run.parts === null) return 'unknown'
  // The next attempt waits again.
  await deleteEvent(db, firstId, name).where('is_end', '=', 1).where('attempt', '<', run.attempt).execute()
  const found = await eventsOf(db, firstId).selectAll().where('name_json', '=', JSON.stringify(name)).executeTakeFirst()
  if (found?.status === 'done' || found?.status === 'received') return 'already_received'
  if (isFinal(run.status) || found?.status === 'timed_out') return 'over'
  const key = keyFor(name)
  const part = { firstId, workflowId: run.workflow_id, runId: run.id, attempt: run.attempt, part: 0 }
  const stored = { data: sealStep(keyring, part, key, event.json), shown: toBytes(event.shown), finished_at: now }
  if (found === undefined) {
    await addStarter(db, firstId, event.by)
    return await keepEarly(db, part, key, stored)
  }
  if ((found.until ?? 0) <= now) return 'over'
  const { json } = openStep(keyring, found, true)
  await changeEvents(db, firstId, [name])
    .set({ ...stored, status: 'done' })
    .execute()
  await passOver(db, firstId, waitNames(json, name), now)
  await wakeForEvent(db, run.id, now)
  await addStarter(db, firstId, event.by)
  return 'received'
}

type Stored = { readonly data: Buffer; readonly shown: Uint8Array; readonly finished_at: number }

async function keepEarly(
  db: Db,
  { firstId, workflowId, attempt }: Part,
  key: StepKey,
  stored: Stored,
): Promise<Received> {
  const { count, bytes } = await eventsOf(db, firstId)
    .select(({ fn }) => [fn.countAll<number>().as('count'), fn.sum<number>(fn('length', ['data'])).as('bytes')])
    .executeTakeFirstOrThrow()
  const total = Number(bytes ?? 0) + stored.data.length
  if (Number(count) >= STEP_LIMITS.calls || total > STEP_LIMITS.totalBytes) return 'too_many'
  const times = { started_at: stored.finished_at, until: null }
  await db
    .insertInto('run_steps')
    .values({
      run_id: firstId,
      workflow_id: workflowId,
      ...keyOf(key),
      ...stored,
      ...times,
      status: 'received',
      position: 0,
      attempts: 0,
      part: 0,
      attempt,
      is_end: 0,
    })
    .execute()
  return 'received'
}

export async function insertEventWait(db: Db, keyring: Keyring, part: Part, wait: Wait, at: number): Promise<void> {
  const names = waitNames(wait.json, wait.name)
  const early = await eventsOf(db, part.firstId)
    .select(['name_json', 'finished_at'])
    .where('name_json', 'in', textsOf(names))
    .where('status', '=', 'received')
    .orderBy('finished_at')
    .limit(1)
    .executeTakeFirst()
  const isFirst = early?.name_json === JSON.stringify(wait.name)
  const { attempts, until } = wait
  const data = sealStep(keyring, part, wait, wait.json)
  const values = { status: 'waiting', data, shown: null, attempts, started_at: at, finished_at: null, until } as const
  if (early === undefined) return await insertStep(db, part, wait, values)
  if (!isFirst) return
  // The wait and those that it passes over are listed in the order of the call.
  for (const name of names) {
    if (name === wait.name) await takeEarly(db, part, name, { attempts, started_at: at, until })
    else {
      await deleteEvent(db, part.firstId, name).where('status', '=', 'received').execute()
      const key = keyFor(name)
      const over = { status: 'timed_out', finished_at: at, data: sealStep(keyring, part, key, 'null') } as const
      await insertStep(db, part, key, { ...values, ...over })
    }
  }
}

async function takeEarly(
  db: Db,
  { firstId, part, attempt }: Part,
  name: string,
  wait: { readonly attempts: number; readonly started_at: number; readonly until: number },
): Promise<void> {
  const position = sql<number>`(select coalesce(max(other.position), 0) + 1 from run_steps other where other.run_id = ${firstId})`
  await changeEvents(db, firstId, [name])
    .set({ ...wait, status: 'done', part, attempt, position })
    .execute()
}

async function passOver(db: Db, firstId: string, names: readonly string[], now: number): Promise<void> {
  await changeEvents(db, firstId, names)
    .set({ status: 'timed_out', finished_at: now })
    .where('status', '=', 'waiting')
    .execute()
}
