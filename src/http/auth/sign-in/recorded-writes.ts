import { AsyncLocalStorage } from 'node:async_hooks'
import type { BetterAuthOptions } from 'better-auth'
import { getAdapter } from 'better-auth/db/adapter'
import { type AuditEntry, insertAudit } from '../../../store/audit/audit.ts'
import type { AuthDatabase } from '../../../store/database/database.ts'
import type { Db } from '../../../store/database/tables/tables.ts'

type Adapter = Awaited<ReturnType<typeof getAdapter>>
export type Row = Readonly<Record<string, unknown>>
export type Transaction = { readonly adapter: Adapter; readonly db: Db }

/** A line belongs to a request's first such write. */
export type RecordedWrite = {
  readonly models: readonly string[]
  readonly write: 'create' | 'update' | 'delete'
  /** Returns null for a write without a line. An error rolls back. */
  readonly entryOf: (row: Row, tx: Transaction) => Promise<AuditEntry | null>
}

const WRITES = {
  create: 'create',
  update: 'update',
  updateMany: 'update',
  delete: 'delete',
  deleteMany: 'delete',
  consumeOne: 'delete',
} as const
type Method = keyof typeof WRITES
type Call = (data: { readonly model: string }) => Promise<unknown>

export type Recording = {
  readonly adapter: Adapter
  record<T>(write: RecordedWrite, work: () => Promise<T>): Promise<{ result: T; isFound: boolean }>
}

/**
 * better-auth runs `after` hooks after the commit and `before` hooks without a transaction. Without these transactions,
 * a failed password change would end all sessions.
 */
export async function createRecording({ db, type }: AuthDatabase, settings: BetterAuthOptions): Promise<Recording> {
  const current = new AsyncLocalStorage<{ readonly write: RecordedWrite; isFound: boolean }>()
  const open = (on: AuthDatabase['db']): Promise<Adapter> =>
    getAdapter({ ...settings, database: { db: on, type, transaction: true } })
  const inTransaction = <T>(work: (tx: Transaction) => Promise<T>): Promise<T> =>
    db.transaction().execute(async (transaction) => {
      const adapter = await open(transaction)
      return await work({ adapter, db: transaction as unknown as Db })
    })

  const recorded = (plain: Adapter, method: Method, within: typeof inTransaction): Call => {
    return async (data) => {
      const state = current.getStore()
      const isMatch = state?.write.write === WRITES[method] && state.write.models.includes(data.model)
      if (state === undefined || state.isFound || !isMatch) return await callOf(plain, method)(data)
      return await within(async (tx) => {
        const result = await callOf(tx.adapter, method)(data)
        if (result === null || result === 0) return result
        const entry = await state.write.entryOf(Object(result), tx)
        if (entry !== null) await insertAudit(tx.db, entry)
        state.isFound = true
        return result
      })
    }
  }
  const wrap = (plain: Adapter, within: typeof inTransaction): Adapter => {
    const methods = Object.keys(WRITES).map((method) => [method, recorded(plain, method as Method, within)])
    const transaction: Adapter['transaction'] = (work) => within((tx) => work(wrap(tx.adapter, (inner) => inner(tx))))
    return { ...plain, ...Object.fromEntries(methods), transaction }
  }
  const adapter = wrap(await open(db), inTransaction)

  return {
    adapter,
    async record(write, work) {
      const state = { write, isFound: false }
      return { result: await current.run(state, work), isFound: state.isFound }
    },
  }
}

const callOf = (adapter: Adapter, method: Method): Call => adapter[method] as Call
