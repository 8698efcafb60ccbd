import { randomBytes } from 'node:crypto'
import { isFinal } from '../../../domain/runs/run.ts'
import type { Actor } from '../../../domain/shared/actor.ts'
import { createId } from '../../../domain/shared/id.ts'
import { UserError } from '../../../errors.ts'
import type { AuditEntry } from '../../audit/audit.ts'
import type { Db } from '../../database/tables/tables.ts'
import { passParentOn } from '../steps/children.ts'
import { addStarter } from '../steps/starters.ts'
import { copyRequest } from './follow-failure.ts'
import { copyIdentities, insertRun } from './insert.ts'

export type Continuation = {
  readonly runId: string
  /** Null keeps the version of the run. */
  readonly versionId: string | null
  readonly now: number
  readonly by: Actor
  readonly entryOf?: (id: string) => AuditEntry
}

/** Returns the next attempt, which keeps all stored calls. Throws `conflict` if the run cannot continue. */
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
  const id = createId('run', now, randomBytes(16))
  await insertRun(db, {
    id,
    workflowId: run.workflow_id,
    versionId: versionId ?? run.version_id,
    source: null,
    trigger: run.trigger,
    request: null,
    replayOf: run.replay_of,
    keepSettings: run.keep_settings === 1,
    attempt: run.attempt + 1,
    retryOf: firstId,
    lane: run.lane,
    trace: run.trace_id === null ? null : { traceId: run.trace_id, parentId: run.trace_parent_id },
    createdAt: now,
    startedAt: null,
    durable: true,
    entry: entryOf?.(id) ?? null,
  })
  await copyRequest(db, runId, id, { withSource: true })
  await copyIdentities(db, runId, id)
  await passParentOn(db, run, id)
  await addStarter(db, firstId, by)
  return id
}
