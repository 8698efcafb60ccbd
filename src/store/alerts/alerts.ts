import type { Alert, AlertMessage } from '../../domain/alerts/alert.ts'
import type { Database } from '../database/database.ts'
import { type Page, type PageQuery, readNewest } from '../database/paging.ts'
import type { AlertRow } from '../database/tables/alerts.ts'
import type { Db } from '../database/tables/tables.ts'

export type DueAlert = {
  readonly id: string
  readonly channelId: string
  readonly attempts: number
  readonly message: AlertMessage
}

export type AlertStore = {
  addTest(alert: Pick<Alert, 'id' | 'at' | 'channelId' | 'status' | 'detail'>, message: AlertMessage): Promise<void>
  list(filter: { readonly workflowId?: string }, page: PageQuery): Promise<Page<Alert>>
  /** Another server sends them if this one dies before `now + leaseMs`. */
  claim(now: number, leaseMs: number, limit: number): Promise<readonly DueAlert[]>
  /** `nextAt`: null ends the alert. A reminder's attempts count from 0. */
  endAttempt(
    id: string,
    end: { isSent: boolean; detail: string; nextAt: number | null; isReminder?: boolean },
  ): Promise<void>
  deleteBefore(at: number): Promise<number>
}

const BATCH = 200

/** Without a channel, runs read and write no alert data. */
export type AlertUse = { inUse: boolean }

export function createAlerts(database: Database, use: AlertUse): AlertStore {
  return {
    addTest: ({ channelId, ...alert }, message) =>
      database.write(async (db) => {
        const rest = { workflow_id: null, message_json: JSON.stringify(message), attempts: 1, next_at: null }
        await db
          .insertInto('alerts')
          .values({ ...alert, channel_id: channelId, type: 'test', ...rest })
          .execute()
      }),
    list: ({ workflowId }, page) =>
      database.read(async (db) => {
        let query = db.selectFrom('alerts').selectAll()
        if (workflowId !== undefined) query = query.where('workflow_id', '=', workflowId)
        return await readNewest(query, page, { at: 'number', id: 'string' }, (row) => [row.at, row.id], toAlert)
      }),
    claim: (now, leaseMs, limit) => claimAlerts(database, use, now, leaseMs, limit),
    endAttempt: (id, { isSent, detail, nextAt, isReminder = false }) =>
      database.write(async (db) => {
        const status = nextAt !== null ? 'queued' : isSent ? 'sent' : 'failed'
        const again = isReminder && nextAt !== null ? { attempts: 0 } : {}
        await db
          .updateTable('alerts')
          .set({ status, detail, next_at: nextAt, ...again })
          .where('id', '=', id)
          .execute()
      }),
    deleteBefore: (at) =>
      database.write(async (db) => {
        const old = db
          .selectFrom('alerts')
          .select('id')
          .where('at', '<', at)
          .where('status', '<>', 'queued')
          .limit(BATCH)
        const { numDeletedRows } = await db.deleteFrom('alerts').where('id', 'in', old).executeTakeFirst()
        return Number(numDeletedRows)
      }),
  }
}

async function claimAlerts(
  database: Database,
  use: AlertUse,
  now: number,
  leaseMs: number,
  limit: number,
): Promise<readonly DueAlert[]> {
  use.inUse = await database.read(hasChannels)
  const due = await database.read((db) =>
    db.selectFrom('alerts').select('id').where('status', '=', 'queued').where('next_at', '<=', now).limit(1).execute(),
  )
  // Usually no alert is due.
  if (due.length === 0) return []
  return await database.write(async (db) => {
    const rows = await db
      .selectFrom('alerts')
      .selectAll()
      .where('status', '=', 'queued')
      .where('next_at', '<=', now)
      .orderBy('next_at')
      .limit(limit)
      .forUpdate()
      .skipLocked()
      .execute()
    if (rows.length === 0) return []
    await db
      .updateTable('alerts')
      .set(({ eb }) => ({ attempts: eb('attempts', '+', 1), next_at: now + leaseMs }))
      .where(
        'id',
        'in',
        rows.map(({ id }) => id),
      )
      .execute()
    return rows.map(({ id, channel_id, attempts, message_json }) => ({
      id,
      channelId: channel_id,
      attempts: attempts + 1,
      message: JSON.parse(message_json),
    }))
  })
}

async function hasChannels(db: Db): Promise<boolean> {
  return (await db.selectFrom('channels').select('id').limit(1).execute()).length > 0
}

function toAlert({ id, at, workflow_id, channel_id, type, status, attempts, detail }: AlertRow): Alert {
  return { id, at, workflowId: workflow_id, channelId: channel_id, type, status, attempts, detail }
}
