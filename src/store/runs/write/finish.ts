import { type Outcome, statusCodeOf } from '../../../domain/runs/run.ts'
import { recordEvent, recordOutcome } from '../../alerts/record.ts'
import type { Database } from '../../database/database.ts'
import { insertInto, rowWrite, type Values, writeRow } from '../../database/groups/rows.ts'
import { END_COLUMNS, type EndedRow, RESULT_COLUMNS, type RunResultRow } from '../../database/tables/runs.ts'
import { type Bit, bit, type Db } from '../../database/tables/tables.ts'
import type { Keyring } from '../../secrets/encryption.ts'
import { type Merge, planMerge, writeMerge } from '../../settings/merge.ts'
import { getRun } from '../read/list.ts'
import { insertCalls, type PackedCalls, packCalls } from '../rows/calls.ts'
import { endOriginal } from '../rows/originals.ts'
import { packText, type Stored } from '../rows/payloads.ts'
import type { Finished, FinishRun } from '../rows/records.ts'
import { logsJson, resultJson } from '../rows/rows.ts'
import type { Part } from '../rows/step-records.ts'
import { cancelChildren } from '../steps/cancel.ts'
import { deleteData, endSteps, endTasksOf, keyOf, ownsPart } from '../steps/rows.ts'
import { addWarnings, appendLog } from '../steps/suspend.ts'
import { followFailure } from './follow-failure.ts'

export type PackedEnd = {
  readonly result: Stored<string>
  readonly logs: Stored<string>
  readonly calls: PackedCalls | null
}

export async function packEnd(
  database: Pick<Database, 'read'>,
  keyring: Keyring,
  finish: FinishRun,
): Promise<PackedEnd> {
  const { outcome, part } = finish
  return {
    result: await packText(resultJson(outcome)),
    logs: hasEarlierParts(part)
      ? await appendLog(database, finish.runId, outcome.logs)
      : await packText(logsJson(outcome.logs)),
    calls: packCalls(keyring, finish, outcome),
  }
}

const NOTHING: Merge = { error: null, warnings: [], changes: [], total: { count: 0, bytes: 0 } }

type FinishOptions = {
  readonly keyring: Keyring
  readonly serverId: string
  readonly mayAlert: boolean
}

/** Discards the result if the run was cancelled or its server was considered dead. */
export async function finishRun(
  db: Db,
  finish: FinishRun,
  packed: PackedEnd,
  { keyring, serverId, mayAlert }: FinishOptions,
): Promise<Finished> {
  const { runId, workflowId, finishedAt, snapshot, part } = finish
  const context = {
    db,
    keyring,
    workflowId,
    by: { type: 'run', id: runId, name: finish.workflowName },
    at: finishedAt,
    runId,
  } as const
  // Locks settings before the run, which prevents deadlocks.
  const merge = hasPatch(finish) ? await planMerge(context, finish.outcome.patch, snapshot) : NOTHING
  const outcome = merge.error === null ? finish.outcome : refused(finish.outcome, merge.error)
  const own = [...outcome.warnings, ...merge.warnings]
  const warnings = hasEarlierParts(part) ? await addWarnings(db, runId, own) : own
  const result = merge.error === null ? packed.result : { plain: resultJson(outcome), packed: null }
  if (part != null && !(await beginEnd(db, serverId, part))) return NOT_APPLIED
  const ended = await writeRow(
    db,
    END,
    endRowOf({ ...finish, outcome: { ...outcome, warnings } }, { ...packed, result }, false),
  )
  if (ended === null) return NOT_APPLIED
  if (part != null) await followEnd(db, part, outcome, finishedAt)
  if (finish.original != null) {
    const answer = merge.error === null ? finish.original : { message: merge.error, response: null }
    await endOriginal(db, keyring, { id: runId, workflowId, at: finishedAt }, answer)
  }
  if (outcome.status === 'failed' || outcome.status === 'timed_out') await followFailure(db, runId, finishedAt)
  if (mayAlert) {
    await recordOutcome(db, workflowId, { id: runId, ...outcome, warnings }, finishedAt)
    const lost = merge.changes.find(({ isConflict }) => isConflict)
    if (lost !== undefined)
      await recordEvent(db, {
        workflowId,
        type: 'settings_conflict',
        now: finishedAt,
        run: overwritten(runId, lost.key),
      })
  }
  const settingsChanges = merge.error === null ? await writeMerge(context, merge) : []
  if (packed.calls !== null) await insertCalls(db, finish, packed.calls)
  return { applied: true, warnings, settingsChanges, settingsError: merge.error }
}

const NOT_APPLIED: Finished = { applied: false, warnings: [], settingsChanges: [], settingsError: null }

const hasEarlierParts = (part: FinishRun['part']): boolean => part != null && part.part > 1

/** The end contains the log of the earlier parts. */
async function beginEnd(db: Db, serverId: string, part: Part): Promise<boolean> {
  if (!(await ownsPart(db, serverId, part))) return false
  if (hasEarlierParts(part)) await db.deleteFrom('run_results').where('run_id', '=', part.runId).execute()
  return true
}

/** A failed run may continue from its steps, except from the one that ended it. */
async function followEnd(db: Db, part: Part, { status, endedBy }: Outcome, now: number): Promise<void> {
  const { firstId, runId } = part
  // A task ends its part.
  const hasTasks = part.part > 1 || firstId !== runId
  if (status === 'cancelled') await cancelChildren(db, runId, now)
  if (status === 'succeeded' || status === 'cancelled')
    return await (hasTasks ? endSteps(db, runId) : deleteData(db, runId))
  if (hasTasks) await endTasksOf(db, runId)
  if (endedBy === undefined) return
  const { kind, name_json, number } = keyOf(endedBy)
  const ended = db.updateTable('run_steps').set({ is_end: 1 }).where('run_id', '=', firstId).where('kind', '=', kind)
  if (kind !== 'event') {
    await ended.where('name_json', '=', name_json).where('number', '=', number).execute()
    return
  }
  // All names of a wait have one end.
  const end = db.selectFrom('run_steps').select('until').where('run_id', '=', firstId).where('kind', '=', kind)
  await ended
    .where('status', '=', 'timed_out')
    .where('until', '=', end.where('name_json', '=', name_json))
    .execute()
}

/** Larger results would delay others. */
const MAX_SHARED_BYTES = 64 * 1024

export function isPlainEnd(finish: FinishRun, { result, logs, calls }: PackedEnd, mayAlert: boolean): boolean {
  const { status, warnings } = finish.outcome
  const sizes = [result.plain, result.packed, logs.plain, logs.packed].map((part) => part?.length ?? 0)
  const isQuiet =
    status === 'cancelled' ||
    (status === 'succeeded' && !(mayAlert && warnings.some(({ code }) => code === 'reported_failure')))
  return (
    isQuiet &&
    sizes.reduce((sum, size) => sum + size, 0) <= MAX_SHARED_BYTES &&
    calls === null &&
    finish.original == null &&
    finish.part == null &&
    !hasPatch(finish)
  )
}

/** A connection that breaks during a commit hides its outcome. Null: the run ended differently. */
export async function findFinished(db: Db, keyring: Keyring, finish: FinishRun): Promise<Finished | null> {
  const run = await getRun(db, keyring, finish.runId)
  if (run === null || run.finishedAt !== finish.finishedAt) return null
  const { status, code } = finish.outcome
  const isRefused = run.code === 'invalid_settings' && code === null
  if (!isRefused && (run.status !== status || run.code !== code)) return null
  const { warnings, settingsChanges, message } = run
  return { applied: true, warnings, settingsChanges, settingsError: isRefused ? message : null }
}

/** Alerts hold no values, and the path may be personal. */
function overwritten(id: string, key: string) {
  const message = `The setting ${JSON.stringify(key)}: another change at the same time was lost.`
  return { id, code: 'settings_conflict', message }
}

function refused(outcome: Outcome, message: string): Outcome {
  return { ...outcome, status: 'failed', code: 'invalid_settings', message, response: null, result: null }
}

type EndingRow = EndedRow & { run_id: string; workflow_id: string; may_alert: Bit }
type EndRow = EndingRow & RunResultRow

export function endRowOf(finish: FinishRun, { result, logs }: PackedEnd, mayAlert: boolean): EndRow {
  const { runId, workflowId, outcome, finishedAt, isCatch } = finish
  const { warnings } = outcome
  return {
    run_id: runId,
    workflow_id: workflowId,
    status: outcome.status,
    code: outcome.code,
    message_json: outcome.message === null ? null : JSON.stringify(outcome.message),
    warnings_json: warnings.length === 0 ? null : JSON.stringify(warnings),
    finished_at: finishedAt,
    timing_json: JSON.stringify(outcome.timing),
    label_json: outcome.label === null ? null : JSON.stringify(outcome.label),
    status_code: isCatch ? statusCodeOf(outcome) : null,
    peak_memory_bytes: outcome.peakMemoryBytes,
    may_alert: bit(mayAlert && outcome.status === 'succeeded'),
    result_json: result.plain,
    result_packed: result.packed,
    logs_json: logs.plain,
    logs_packed: logs.packed,
  }
}

function hasPatch({ keepSettings, outcome: { status, patch } }: FinishRun): boolean {
  return keepSettings && status === 'succeeded' && (patch.set.size > 0 || patch.deleted.length > 0)
}

/** `may_alert` skips runs of failing workflows, which send an alert. */
export const END = rowWrite<EndRow>({
  first: {
    columns: { ...END_COLUMNS, run_id: 'text', workflow_id: 'text', may_alert: 'int4' },
    text: endRun,
  },
  second: { columns: RESULT_COLUMNS, text: insertInto('run_results', RESULT_COLUMNS) },
  needsSecond: ({ result_json, result_packed, logs_json, logs_packed }) =>
    [result_json, result_packed, logs_json, logs_packed].some((part) => part !== null),
  lockOf: () => null,
})

/**
 * An expression for the status avoids PostgreSQL's index of running runs, which keeps ended runs until a vacuum. With a
 * dump in progress, each end took 0.5 ms longer after 10,000 runs.
 */
function endRun({ of, engine }: Values<keyof EndingRow>): string {
  const names = Object.keys(END_COLUMNS) as (keyof EndedRow)[]
  return `update runs set ${names.map((name) => `${name} = ${of(name)}`).join(', ')}
    ${engine === 'sqlite' ? '' : 'from input'}
    where runs.id = ${of('run_id')} and runs.status || '' = 'running' and (
      ${of('may_alert')} = 0
      or not exists (select 1 from alert_states where alert_states.workflow_id = ${of('workflow_id')})
    )`
}
