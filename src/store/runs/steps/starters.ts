/** People who started or continued a durable run. They answer no task of it or of a run that it calls. */

import type { Actor } from '../../../domain/shared/actor.ts'
import { emailOf, makerOf } from '../../database/tables/accounts.ts'
import type { Db } from '../../database/tables/tables.ts'

type Person = { readonly person_id: string; readonly email: string }

/** `actor` is null for a hook or a schedule, `firstId` the first attempt. */
export async function addStarter(db: Db, firstId: string, actor: Actor | null): Promise<void> {
  const maker = actor && (await makerOf(db, actor))
  if (maker?.type !== 'person') return
  await insertStarter(db, firstId, { person_id: maker.id, email: await emailOf(db, maker.id) })
}

/** Waiting runs that it called continue for the same people. */
async function insertStarter(db: Db, firstId: string, person: Person): Promise<void> {
  await db
    .insertInto('run_starters')
    .values({ run_id: firstId, ...person })
    .onConflict((conflict) => conflict.columns(['run_id', 'person_id']).doNothing())
    .execute()
  const called = await db
    .selectFrom('run_steps')
    .innerJoin('runs', 'runs.id', 'run_steps.child_id')
    .select('runs.id')
    .where('run_steps.run_id', '=', firstId)
    .where('run_steps.kind', '=', 'run')
    .where('run_steps.status', '=', 'waiting')
    .where('runs.parts', 'is not', null)
    .execute()
  for (const { id } of called) await insertStarter(db, id, person)
}

export async function copyStarters(db: Db, from: string, to: string): Promise<void> {
  await db
    .insertInto('run_starters')
    .columns(['run_id', 'person_id', 'email'])
    .expression(({ selectFrom, val }) =>
      selectFrom('run_starters')
        .select([val(to).as('run_id'), 'person_id', 'email'])
        .where('run_id', '=', from),
    )
    .execute()
}
