import type { Engine } from './database.ts'
import type { Db } from './tables.ts'

/** Nothing but an index: what it is for works without it, only slower. */
export type IndexOfLargeTable = {
  readonly name: string
  /** As SQL has it after `on`: `runs (workflow_id, created_at) where …`. */
  readonly on: string
}

/** Numbered, forward only, never edited once released. */
export type Migration = {
  readonly number: number
  readonly name: string
  /**
   * Servers that do not know it may work on the database beside those that do, and a release before it may be started again: it only
   * adds what they need not write, and they do nothing wrong by not knowing it. Left out: they stop.
   */
  readonly compatible?: true
  /** Made after `up`: on PostgreSQL after its transaction too, so that servers of the release before write meanwhile. */
  readonly indexes?: readonly IndexOfLargeTable[]
  up(db: Db, engine: Engine): Promise<void>
}

type Column = {
  /** `integer` holds 32 bits, `bigint` 64. Lists and objects are JSON: `text`, in a column `…_json`. */
  readonly type: 'integer' | 'bigint' | 'text'
  /** The value in older rows. Needed unless the column may be null, as all columns of JSON may. */
  readonly preset?: number | string
}

/** The migration that adds the column of a new field of workflows (`WORKFLOW_FIELDS`), as one line in `migrate.ts`. */
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
