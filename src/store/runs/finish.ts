/** Ends a run: stores its result, settings, logs and final status in one transaction. */

import { type Outcome, type RunCode, type RunStatus, statusCodeOf, type Warning } from '../../domain/run.ts'
import { recordOutcome } from '../alerts/record.ts'
import type { Database } from '../database/database.ts'
import { prepare } from '../database/prepare.ts'
import type { Db, RunResultRow } from '../database/tables.ts'
import { endOriginal } from '../privacy/originals.ts'
import type { Keyring } from '../secrets/encryption.ts'
import { type Merge, planMerge, writeMerge } from '../settings/merge.ts'
import { insertCalls, type PackedCalls, packCalls } from '../trials/calls.ts'
import { followFailure } from './follow-failure.ts'
import { getRun } from './list.ts'
import { packText, type Stored } from './payloads.ts'
import type { Finished, FinishRun } from './records.ts'
import { logsJson, resultJson } from './rows.ts'

export type PackedEnd = {
  readonly result: Stored<string>
  readonly logs: Stored<string>
  readonly calls: PackedCalls | null
}

export async function packEnd(keyring: Keyring, finish: FinishRun): Promise<PackedEnd> {
  const { outcome } = finish
  return {
    result: await packText(resultJson(outcome)),
    logs: await packText(logsJson(outcome.logs)),
    calls: packCalls(keyring, finish, outcome),
  }
}

const NOTHING: Merge = { error: null, warnings: [], changes: [], total: { count: 0, bytes: 0 } }

/** Discards the result if the run has ended already, because it was cancelled or its server was considered dead. */
export async function finishRun(
  db: Db,
  database: Database,
  keyring: Keyring,
  finish: FinishRun,
  packed: PackedEnd,
  mayAlert: boolean,
): Promise<Finished> {
  const { runId, workflowId, finishedAt, snapshot } = finish
  const context = {
    db,
    keyring,
    workflowId,
    by: { type: 'run', id: runId, name: finish.workflowName },
    at: finishedAt,
    runId,
  } as const
  // Settings are locked before the run, always in this order, which prevents deadlocks.
  const merge = hasPatch(finish) ? await planMerge(context, database, finish.outcome.patch, snapshot) : NOTHING
  const outcome = merge.error === null ? finish.outcome : refused(finish.outcome, merge.error)
  const warnings = [...outcome.warnings, ...merge.warnings]
  const row = endRowOf(runId, outcome, warnings, finishedAt, finish.isCatch ? statusCodeOf(outcome) : null)
  if ((await updateRow(db, row)).numAffectedRows !== 1n) {
    return { applied: false, warnings: [], settingsChanges: [], settingsError: null }
  }
  if (finish.original != null) {
    const answer = merge.error === null ? finish.original : { message: merge.error, response: null }
    await endOriginal(db, keyring, { id: runId, workflowId, at: finishedAt }, answer)
  }
  if (outcome.status === 'failed' || outcome.status === 'timed_out') await followFailure(db, runId, finishedAt)
  if (mayAlert) await recordOutcome(db, workflowId, { id: runId, ...outcome, warnings }, finishedAt)
  const settingsChanges = merge.error === null ? await writeMerge(context, merge) : []
  // A rejected success keeps neither its answer nor a traceback.
  const result = merge.error === null ? packed.result : { plain: resultJson(outcome), packed: null }
  if (hasResult({ ...packed, result })) await insertResult(db, resultRowOf(runId, { ...packed, result }))
  if (packed.calls !== null) await insertCalls(db, finish, packed.calls)
  return { applied: true, warnings, settingsChanges, settingsError: merge.error }
}

/**
 * Finds the result of an earlier attempt, because a connection that breaks during a commit leaves its outcome unknown.
 * Returns null if the run ended differently.
 */
export async function findFinished(db: Db, keyring: Keyring, finish: FinishRun): Promise<Finished | null> {
  const run = await getRun(db, keyring, finish.runId)
  if (run === null || run.finishedAt !== finish.finishedAt) return null
  const { status, code } = finish.outcome
  const isRefused = run.code === 'invalid_settings' && code === null
  if (!isRefused && (run.status !== status || run.code !== code)) return null
  const { warnings, settingsChanges, message } = run
  return { applied: true, warnings, settingsChanges, settingsError: isRefused ? message : null }
}

/** The function succeeded but its settings cannot be stored, so its answer is discarded. */
function refused(outcome: Outcome, message: string): Outcome {
  return { ...outcome, status: 'failed', code: 'invalid_settings', message, response: null, result: null }
}

export type EndRow = {
  run_id: string
  status: RunStatus
  code: RunCode | null
  message_json: string | null
  warnings_json: string | null
  finished_at: number
  timing_json: string | null
  label_json: string | null
  status_code: number | null
  peak_memory_bytes: number | null
}

export function endRowOf(
  runId: string,
  outcome: Outcome,
  warnings: readonly Warning[],
  finishedAt: number,
  statusCode: number | null,
): EndRow {
  return {
    run_id: runId,
    status: outcome.status,
    code: outcome.code,
    message_json: outcome.message === null ? null : JSON.stringify(outcome.message),
    warnings_json: warnings.length === 0 ? null : JSON.stringify(warnings),
    finished_at: finishedAt,
    timing_json: JSON.stringify(outcome.timing),
    label_json: outcome.label === null ? null : JSON.stringify(outcome.label),
    status_code: statusCode,
    peak_memory_bytes: outcome.peakMemoryBytes,
  }
}

export function hasPatch({ keepSettings, outcome: { status, patch } }: FinishRun): boolean {
  return keepSettings && status === 'succeeded' && (patch.set.size > 0 || patch.deleted.length > 0)
}

export const hasResult = ({ result, logs }: PackedEnd): boolean =>
  [result.plain, result.packed, logs.plain, logs.packed].some((part) => part !== null)

export const resultRowOf = (runId: string, { result, logs }: PackedEnd): RunResultRow => ({
  run_id: runId,
  result_json: result.plain,
  result_packed: result.packed,
  logs_json: logs.plain,
  logs_packed: logs.packed,
})

const updateRow = prepare<EndRow, unknown>((db, parameter) =>
  db
    .updateTable('runs')
    .set({
      status: parameter('status'),
      code: parameter('code'),
      message_json: parameter('message_json'),
      warnings_json: parameter('warnings_json'),
      finished_at: parameter('finished_at'),
      timing_json: parameter('timing_json'),
      label_json: parameter('label_json'),
      status_code: parameter('status_code'),
      peak_memory_bytes: parameter('peak_memory_bytes'),
    })
    .where('id', '=', parameter('run_id'))
    .where('status', '=', 'running'),
)

const insertResult = prepare<RunResultRow, unknown>((db, parameter) =>
  db.insertInto('run_results').values({
    run_id: parameter('run_id'),
    result_json: parameter('result_json'),
    result_packed: parameter('result_packed'),
    logs_json: parameter('logs_json'),
    logs_packed: parameter('logs_packed'),
  }),
)
