import { sql } from 'kysely'
import type { StepCall } from '../../../domain/runs/steps.ts'
import type { Database } from '../../database/database.ts'
import { type Db, toBytes } from '../../database/tables/tables.ts'
import { type Append, type AppendOptions, appendDecision, hasInserted } from '../../decisions/append.ts'
import type { Keyring } from '../../secrets/encryption.ts'
import { type Merge, planMerge, writeMerge } from '../../settings/merge.ts'
import type { CommittedStep, Part, StepCommit } from '../rows/step-records.ts'
import { keyOf, ownsPart, sealStep } from './rows.ts'

export const STORED: CommittedStep = { applied: true, settingsError: null, written: [] }
export const REFUSED: CommittedStep = { ...STORED, applied: false }

export type StepContext = {
  readonly database: Database
  readonly keyring: Keyring
  readonly serverId: string
  readonly heads: AppendOptions['heads']
}

/** Locks settings before the run, as at its end, which prevents deadlocks. */
export async function commitStep(
  db: Db,
  { keyring, serverId, heads }: StepContext,
  commit: StepCommit,
  subjectHash: string | null,
): Promise<CommittedStep> {
  const { part, call, keepSettings, snapshot, at } = commit
  const { runId, workflowId } = part
  const by = { type: 'run', id: runId, name: commit.workflowName } as const
  const context = { db, keyring, workflowId, by, at, runId }
  const merge = isChange(commit) ? await planMerge(context, call.patch, snapshot) : null
  if (merge !== null && merge.error !== null)
    return (await hasCall(db, commit)) ? STORED : { ...STORED, settingsError: merge.error }
  const newSteps = call.kind === 'step' ? 1 : 0
  if (!(await ownsPart(db, serverId, part, { newSteps }))) return REFUSED
  const insert = callInsert(db, commit, sealStep(keyring, part, call, call.json, keepSettings ? null : call.patch))
  const append = appendOf(commit, subjectHash)
  const isNew =
    append === null
      ? hasInserted(await insert.executeTakeFirst())
      : await appendDecision(db, keyring, append, { heads, first: insert })
  // The run is locked, so an earlier failed try stored all or nothing.
  if (!isNew) await ownsPart(db, serverId, part, { newSteps: -newSteps })
  if (!isNew || merge === null) return STORED
  await writeMerge(context, merge)
  return { applied: true, settingsError: null, written: await writtenBy(db, workflowId, merge) }
}

export const isChange = ({ keepSettings, call: { patch } }: StepCommit): boolean =>
  keepSettings && (patch.set.size > 0 || patch.deleted.length > 0)

export function appendOf({ part, call, decision, at }: StepCommit, subjectHash: string | null): Append | null {
  if (decision === undefined || subjectHash === null) return null
  const use = { name: call.name, number: call.decision ?? call.number }
  return { part, call: use, decision, subjectHash, at, overseen: null }
}

async function hasCall(db: Db, { part, call }: StepCommit): Promise<boolean> {
  const { firstId, attempt, part: own } = part
  const found = await db
    .selectFrom('run_steps')
    .select('part')
    .where(({ and }) => and({ run_id: firstId, ...keyOf(call), status: call.status, attempt, part: own }))
    .executeTakeFirst()
  return found !== undefined
}

function callInsert(db: Db, { part, call, shown, at, childId = null }: StepCommit, data: Buffer) {
  const ended = { status: call.status, data, shown: toBytes(shown), attempts: call.attempts, finished_at: at }
  return stepInsert(db, part, call, { ...ended, started_at: call.startedAt, until: null, child_id: childId })
}

type Values = {
  readonly status: StepCall['status'] | 'waiting' | 'timed_out'
  readonly data: Buffer
  readonly shown: Buffer | null
  readonly attempts: number
  readonly started_at: number
  readonly finished_at: number | null
  readonly until: number | null
  readonly child_id?: string | null
}

/** Replaces an ended wait and an earlier attempt's failure. Keeps every other stored call. */
export async function insertStep(...given: Parameters<typeof stepInsert>): Promise<void> {
  await stepInsert(...given).execute()
}

function stepInsert(
  db: Db,
  { firstId, workflowId, part, attempt }: Part,
  call: Parameters<typeof keyOf>[0],
  values: Values,
) {
  const row = { child_id: null, ...values, part, attempt, is_end: 0 } as const
  const position = sql<number>`(select coalesce(max(position), 0) + 1 from run_steps where run_id = ${firstId})`
  return db
    .insertInto('run_steps')
    .values({ run_id: firstId, workflow_id: workflowId, ...keyOf(call), ...row, position })
    .onConflict((conflict) =>
      conflict
        .columns(['run_id', 'kind', 'name_json', 'number'])
        .doUpdateSet(({ ref }) => ({ ...row, position: ref('excluded.position') }))
        .where(({ and, eb, or }) =>
          or([
            and([eb('run_steps.is_end', '=', 1), eb('run_steps.attempt', '<', attempt)]),
            ...(values.status === 'waiting' ? [] : [eb('run_steps.status', '=', 'waiting')]),
          ]),
        ),
    )
}

async function writtenBy(db: Db, workflowId: string, { changes }: Merge): Promise<CommittedStep['written']> {
  if (changes.length === 0) return []
  const keys = changes.map(({ key }) => toBytes(key))
  const rows = await db
    .selectFrom('settings')
    .select(['key', 'revision'])
    .where('workflow_id', '=', workflowId)
    .where('key', 'in', keys)
    .execute()
  const revisions = new Map(rows.map(({ key, revision }) => [Buffer.from(key).toString('utf8'), revision]))
  return changes.map(({ key, value }) => ({ key, value, revision: revisions.get(key) ?? 0 }))
}
