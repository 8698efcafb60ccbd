import { sql } from 'kysely'
import type { StepKind, StepStatus, StoredStep } from '../../../domain/runs/steps.ts'
import { prepare } from '../../database/prepare.ts'
import type { RunStepRow } from '../../database/tables/steps.ts'
import { type Db, toText } from '../../database/tables/tables.ts'
import type { Keyring } from '../../secrets/encryption.ts'
import { runsBy } from '../rows/runs-by.ts'
import type { ListedStep, Part } from '../rows/step-records.ts'
import { nameOf, openStep } from './rows.ts'

type Reached = RunStepRow & { readonly status: StepStatus }

const isReached = <Row extends RunStepRow>(row: Row): row is Row & Reached => row.status !== 'received'

/** Omits an earlier attempt's failure. */
export async function loadSteps(db: Db, keyring: Keyring, part: Part): Promise<readonly StoredStep[]> {
  const { rows } = await SELECT_STEPS(db, { runId: part.runId, firstId: part.firstId })
  return rows
    .filter(isReached)
    .filter((row) => row.is_end === 0 || row.attempt === part.attempt)
    .map((row) => openStep(keyring, row, row.attempt < part.attempt || row.part <= (row.logged_parts ?? 0)))
}

/** Each part after a wait runs this query. */
const SELECT_STEPS = prepare<
  { readonly runId: string; readonly firstId: string },
  RunStepRow & { readonly logged_parts: number | null }
>((db, parameter) =>
  db
    .selectFrom('run_steps')
    .selectAll('run_steps')
    .select(({ selectFrom }) =>
      selectFrom('runs').select('runs.logged_parts').where('runs.id', '=', parameter('runId')).as('logged_parts'),
    )
    .where('run_steps.run_id', '=', parameter('firstId'))
    .orderBy('position'),
)

export async function listSteps(db: Db, runId: string): Promise<readonly ListedStep[]> {
  const run = await db.selectFrom('runs').select('retry_of').where('id', '=', runId).executeTakeFirst()
  const firstId = run?.retry_of ?? runId
  const rows = await db
    .selectFrom('run_steps')
    .selectAll()
    .where('run_id', '=', firstId)
    // `position` is the order in which concurrent calls were stored.
    .orderBy('attempt')
    .orderBy('part')
    .orderBy('started_at')
    .orderBy('position')
    .execute()
  // A task that was asked again is newer.
  const tasks = await db
    .selectFrom('tasks')
    .select(['id', 'name_json'])
    .where('first_id', '=', firstId)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  const taskIds = new Map(tasks.map(({ id, name_json }) => [name_json, id]))
  return rows.filter(isReached).map((row) => ({
    kind: row.kind,
    name: nameOf(row),
    number: row.number,
    status: row.status,
    shown: row.shown === null ? null : toText(row.shown),
    attempts: row.attempts,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    until: row.until,
    taskId: row.kind === 'task' ? (taskIds.get(row.name_json) ?? null) : null,
    runId: row.child_id,
    part: row.part,
    attempt: row.attempt,
  }))
}

/** Includes the originals while they are stored. */
export async function listStepTexts(
  db: Db,
  keyring: Keyring,
  firstIds: readonly string[],
): Promise<readonly { readonly id: string; readonly text: string }[]> {
  const rows = await db.selectFrom('run_steps').selectAll().where('run_id', 'in', firstIds).execute()
  const tasks = await db
    .selectFrom('tasks')
    .select(['first_id', 'shown', 'answer'])
    .where('first_id', 'in', firstIds)
    .execute()
  const asked = tasks.flatMap(({ first_id: id, shown, answer }) =>
    [shown, answer].flatMap((bytes) => (bytes === null ? [] : [{ id, text: toText(bytes) }])),
  )
  const stored = rows.flatMap((row) => {
    const { json } = openStep(keyring, row, true)
    const shown = row.shown === null ? null : toText(row.shown)
    return [row.name_json, json, shown].flatMap((text) => (text === null ? [] : [{ id: row.run_id, text }]))
  })
  return [...stored, ...asked]
}

export async function nextWakeAt(db: Db): Promise<number | null> {
  const next = await db
    .selectFrom(runsBy(db, 'runs_waiting'))
    .innerJoin('workflows', 'workflows.id', 'runs.workflow_id')
    .select('runs.not_before')
    .where('runs.status', '=', sql.lit<'waiting'>('waiting'))
    .where('runs.not_before', 'is not', null)
    .where('workflows.enabled', '=', 1)
    .orderBy('runs.not_before')
    .limit(1)
    .executeTakeFirst()
  return next?.not_before ?? null
}

export async function countWaits(db: Db): Promise<ReadonlyMap<StepKind, number>> {
  const rows = await db
    .selectFrom('run_steps')
    .select(({ fn }) => ['kind', fn.countAll<number>().as('count')])
    .where('status', '=', sql.lit<'waiting'>('waiting'))
    .groupBy('kind')
    .execute()
  return new Map(rows.map(({ kind, count }) => [kind, Number(count)]))
}

export async function countWaiting(
  db: Db,
  workflowIds: readonly string[] | null,
): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom(runsBy(db, 'runs_waiting_of_workflow'))
    .select(({ fn }) => ['workflow_id', fn.countAll<number>().as('count')])
    .where('status', '=', sql.lit<'waiting'>('waiting'))
    .$if(workflowIds !== null, (query) => query.where('workflow_id', 'in', workflowIds ?? []))
    .groupBy('workflow_id')
    .execute()
  return new Map(rows.map(({ workflow_id, count }) => [workflow_id, Number(count)]))
}
