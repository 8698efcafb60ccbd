import { UserError } from '../../../errors.ts'
import type { Db } from '../../database/tables/tables.ts'

/** Returns false if the run's data were erased or deleted. The update makes an erasure wait for this transaction. */
export async function holdData(db: Db, runId: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('runs')
    .set({ erased_at: null })
    .where('id', '=', runId)
    .where('erased_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

export const runErased = (id: string): UserError =>
  new UserError('run_erased', `The data of the run ${id} were erased: there is nothing to replay.`)
