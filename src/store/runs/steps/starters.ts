/** People who started or continued a durable run. They answer none of its tasks. */

import type { Actor } from '../../../domain/shared/actor.ts'
import { accounts, makerOf } from '../../database/tables/accounts.ts'
import type { Db } from '../../database/tables/tables.ts'

/** `actor`: null for a hook or a schedule. `firstId`: the first attempt of the run. */
export async function addStarter(db: Db, firstId: string, actor: Actor | null): Promise<void> {
  const maker = actor && (await makerOf(db, actor))
  if (maker?.type !== 'person') return
  const person = await accounts(db).selectFrom('user').select('email').where('id', '=', maker.id).executeTakeFirst()
  await db
    .insertInto('run_starters')
    .values({ run_id: firstId, person_id: maker.id, email: person?.email.toLowerCase() ?? '' })
    .onConflict((conflict) => conflict.columns(['run_id', 'person_id']).doNothing())
    .execute()
}
