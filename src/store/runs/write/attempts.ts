import type { Run, RunStatus } from '../../../domain/runs/run.ts'
import type { Db } from '../../database/tables/tables.ts'
import type { Keyring } from '../../secrets/encryption.ts'
import { getRun } from '../read/list.ts'
import { toListedRun } from '../rows/rows.ts'
import type { Continuation } from './continue.ts'

export type Attempts = {
  countQueued(workflowId: string, limit: number): Promise<number>
  findAnswer(runId: string): Promise<{ readonly id: string; readonly status: RunStatus } | null>
  /** Returns the latest attempt. */
  getAnswer(runId: string): Promise<Run | null>
  listAttempts(runId: string): Promise<readonly Run[]>
  continue(given: Continuation): Promise<string>
}

export async function getAnswer(db: Db, keyring: Keyring, firstId: string): Promise<Run | null> {
  const last = await findAnswer(db, firstId)
  return last === null ? null : await getRun(db, keyring, last.id)
}

export async function findAnswer(db: Db, firstId: string): ReturnType<Attempts['findAnswer']> {
  const select = () => db.selectFrom('runs').select(['id', 'status'])
  const last = await select().where('retry_of', '=', firstId).orderBy('attempt', 'desc').limit(1).executeTakeFirst()
  return last ?? (await select().where('id', '=', firstId).executeTakeFirst()) ?? null
}

export async function listAttempts(db: Db, runId: string): Promise<readonly Run[]> {
  const named = await db.selectFrom('runs').select('retry_of').where('id', '=', runId).executeTakeFirst()
  const firstId = named?.retry_of ?? runId
  const rows = await db
    .selectFrom('runs')
    .leftJoin('versions', 'versions.id', 'runs.version_id')
    .selectAll('runs')
    .select('versions.number as version')
    .where((where) => where.or([where('runs.id', '=', firstId), where('runs.retry_of', '=', firstId)]))
    .orderBy('attempt')
    .execute()
  return rows.map(toListedRun)
}
