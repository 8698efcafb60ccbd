/** Asynchronous answers: the acknowledgement of a workflow and the earliest start of a queued run. */

import { sql } from 'kysely'
import type { Migration } from '../../migration.ts'

export const asyncAnswers: Migration = {
  number: 5,
  name: 'async-answers',
  async up(db, engine) {
    const time = engine === 'sqlite' ? sql`integer` : sql`bigint`
    await db.schema.alterTable('workflows').addColumn('answer_json', 'text').execute()
    await db.schema.alterTable('runs').addColumn('not_before', time).execute()
    await db
      .updateTable('runs')
      .set(({ ref }) => ({ not_before: ref('created_at') }))
      .where('status', '=', 'queued')
      .execute()
    await db.schema.dropIndex('runs_queued').execute()
    await db.schema
      .createIndex('runs_queued')
      .on('runs')
      .columns(['not_before', 'id', 'workflow_id'])
      .where(sql.ref('status'), '=', sql.lit('queued'))
      .execute()
  },
}
