import type { Engine } from './database.ts'
import type { Db } from './tables.ts'

/** An index that its feature works without, only slower. */
export type IndexOfLargeTable = {
  readonly name: string
  /** SQL after `on`, such as `runs (workflow_id, created_at) where …`. */
  readonly on: string
}

/** Migrations are never edited after their release. */
export type Migration = {
  readonly number: number
  readonly name: string
  /**
   * Set if servers of the previous release can keep running after the migration: it only adds data that they neither
   * write nor need.
   */
  readonly compatible?: true
  /** Created after `up`. On PostgreSQL also after its transaction, so that other servers can write. */
  readonly indexes?: readonly IndexOfLargeTable[]
  up(db: Db, engine: Engine): Promise<void>
}

type Column = {
  readonly type: 'integer' | 'bigint' | 'text'
  /** Value for existing rows. Required unless the column may be null. */
  readonly preset?: number | string
}

export const addWorkflowColumn = (number: number, column: string, { type, preset }: Column): Migration => ({
  number,
  name: `workflow-${column.replaceAll('_', '-')}`,
  async up(db) {
    await db.schema
      .alterTable('workflows')
      .addColumn(column, type, (built) => (preset === undefined ? built : built.notNull().defaultTo(preset)))
      .execute()
  },
})
