import { createHash } from 'node:crypto'
import { commonPart, NO_RETRIES, nextAttemptAt, type Retries } from '../../../domain/runs/retries.ts'
import { FAILED_STATUSES, type RunCode } from '../../../domain/runs/run.ts'
import { newId } from '../../../random.ts'
import { recordEvent } from '../../alerts/record.ts'
import type { AuditEntry } from '../../audit/audit.ts'
import type { RunRow } from '../../database/tables/runs.ts'
import type { Db } from '../../database/tables/tables.ts'
import { passWaitingOn } from '../rows/originals.ts'
import type { NewRun } from '../rows/records.ts'
import { passParentOn } from '../steps/children.ts'
import { copyIdentities, insertRun } from './insert.ts'

const MAX_DEAD_LETTERS = 10_000
const CUT_BATCH = 1000

/** The code decides these ends of durable runs: another attempt ends the same way. */
const UNREPEATABLE: readonly (RunCode | null)[] = [
  'nondeterminism',
  'invalid_step',
  'invalid_decision',
  'wait_timed_out',
  'needs_answer',
]

/** Call it in the transaction that ends the run. */
export async function followFailure(db: Db, runId: string, now: number): Promise<void> {
  const run = await selectFailed(db, runId)
  // A waiting caller handles the failure. Tests are never retried.
  if (
    run === undefined ||
    run.not_before === null ||
    !FAILED_STATUSES.includes(run.status) ||
    ['test', 'trial'].includes(run.trigger)
  )
    return
  const at =
    mayRetry(run) && !UNREPEATABLE.includes(run.code)
      ? nextAttemptAt(retriesOf(run), run.attempt, now, Math.random())
      : null
  if (at === null) return await addDeadLetter(db, run, now)
  const id = await insertNextAttempt(db, run, { createdAt: now, notBefore: at, lanePosition: run.lane_position })
  await passWaitingOn(db, runId, id, now)
}

export async function insertNextAttempt(
  db: Db,
  run: RunRow,
  given: Pick<NewRun, 'createdAt' | 'notBefore' | 'lanePosition'> & { readonly versionId?: string | null },
  entryOf?: (id: string) => AuditEntry,
): Promise<string> {
  const id = newId('run', given.createdAt)
  await insertRun(db, {
    id,
    workflowId: run.workflow_id,
    source: null,
    trigger: run.trigger,
    request: null,
    replayOf: run.replay_of,
    keepSettings: run.keep_settings === 1,
    attempt: run.attempt + 1,
    retryOf: run.retry_of ?? run.id,
    lane: run.lane,
    trace: run.trace_id === null ? null : { traceId: run.trace_id, parentId: run.trace_parent_id },
    startedAt: null,
    durable: run.parts !== null,
    entry: entryOf?.(id) ?? null,
    ...given,
    versionId: given.versionId ?? run.version_id,
  })
  await copyRequest(db, run.id, id, { withSource: true })
  await copyIdentities(db, run.id, id)
  await passParentOn(db, run, id)
  return id
}

export async function copyRequest(
  db: Db,
  from: string,
  to: string,
  { withSource }: { readonly withSource: boolean },
): Promise<void> {
  await db
    .insertInto('run_requests')
    .columns(['run_id', 'head_json', 'body', 'body_packed', 'redacted', 'source', 'files'])
    .expression(({ selectFrom, val }) =>
      selectFrom('run_requests')
        .select([val(to).as('run_id'), 'head_json', 'body', 'body_packed', 'redacted'])
        .select(withSource ? 'source' : val(null).as('source'))
        .select(withSource ? 'files' : val(null).as('files'))
        .where('run_id', '=', from),
    )
    .execute()
}

type FailedRun = NonNullable<Awaited<ReturnType<typeof selectFailed>>>

function selectFailed(db: Db, runId: string) {
  return db
    .selectFrom('runs')
    .innerJoin('workflows', 'workflows.id', 'runs.workflow_id')
    .selectAll('runs')
    .select(['workflows.retries_json', 'workflows.schedule_json', 'workflows.enabled', 'workflows.archived'])
    .where('runs.id', '=', runId)
    .executeTakeFirst()
}

function mayRetry({ trigger, status, attempt, archived, enabled, schedule_json }: FailedRun): boolean {
  if (archived === 1) return false
  if (trigger !== 'schedule') return true
  // recovery.ts restarts the lost first run of a tick.
  return enabled === 1 && schedule_json !== null && (status !== 'lost' || attempt > 1)
}

const retriesOf = ({ retries_json }: FailedRun): Retries =>
  retries_json === null ? NO_RETRIES : JSON.parse(retries_json)

async function addDeadLetter(db: Db, run: FailedRun, now: number): Promise<void> {
  const { id, workflow_id, code, message_json } = run
  const message = message_json === null ? null : JSON.parse(message_json)
  await recordEvent(db, { workflowId: workflow_id, type: 'dead_letter', now, run: { id, code, message } })
  const common = message_json === null ? '' : commonPart(JSON.parse(message_json))
  const digest = createHash('sha256')
    .update(JSON.stringify([workflow_id, code, common]))
    .digest('hex')
  await db
    .insertInto('dead_letters')
    .values({ run_id: id, workflow_id, group_id: `dead_${digest.slice(0, 32)}`, failed_at: now })
    .execute()
  const beyond = db
    .selectFrom('dead_letters')
    .select('run_id')
    .where('workflow_id', '=', workflow_id)
    .orderBy('failed_at', 'desc')
    .orderBy('run_id', 'desc')
    .limit(CUT_BATCH)
    .offset(MAX_DEAD_LETTERS)
  await db.deleteFrom('dead_letters').where('run_id', 'in', beyond).execute()
}
