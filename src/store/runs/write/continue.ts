import { isFinal } from '../../../domain/runs/run.ts'
import type { Actor } from '../../../domain/shared/actor.ts'
import { UserError } from '../../../errors.ts'
import type { AuditEntry } from '../../audit/audit.ts'
import type { Db } from '../../database/tables/tables.ts'
import { addStarter } from '../steps/starters.ts'
import { insertNextAttempt } from './follow-failure.ts'

export type Continuation = {
  readonly runId: string
  /** Null keeps the run's version. */
  readonly versionId: string | null
  readonly now: number
  readonly by: Actor
  readonly entryOf?: (id: string) => AuditEntry
}

/** The next attempt keeps all stored calls. Throws `conflict` if the run cannot continue. */
export async function continueRun(db: Db, { runId, versionId, now, by, entryOf }: Continuation): Promise<string> {
  const run = await db.selectFrom('runs').selectAll().where('id', '=', runId).executeTakeFirstOrThrow()
  const firstId = run.retry_of ?? run.id
  const last = await db
    .selectFrom('runs')
    .select('id')
    .where('retry_of', '=', firstId)
    .orderBy('attempt', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (run.parts === null) throw new UserError('conflict', 'The run has no steps: its code does not import `workflows`.')
  if (!isFinal(run.status) || run.status === 'succeeded' || run.status === 'cancelled')
    throw new UserError('conflict', `The run cannot continue from its steps: it is ${run.status}.`)
  if ((last?.id ?? firstId) !== runId) throw new UserError('conflict', 'The run has a later attempt already.')
  await db.deleteFrom('dead_letters').where('run_id', '=', runId).execute()
  const id = await insertNextAttempt(db, run, { versionId, createdAt: now }, entryOf)
  await addStarter(db, firstId, by)
  return id
}
