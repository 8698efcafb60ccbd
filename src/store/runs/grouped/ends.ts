/** Ends many runs in one statement, if they changed no settings and send no alert. */

import type { Outcome } from '../../../domain/run.ts'
import { statusCodeOf } from '../../../domain/run.ts'
import type { Database } from '../../database/database.ts'
import { type Columns, type GroupStatement, inputOf } from '../../database/groups/groups.ts'
import { bit, type RunResultRow } from '../../database/tables.ts'
import { type EndRow, endRowOf, hasPatch, hasResult, type PackedEnd, resultRowOf } from '../finish.ts'
import type { Finished, FinishRun } from '../records.ts'

const MAX_BYTES = 64 * 1024

type Bit = 0 | 1
type GroupedEnd = EndRow & RunResultRow & { workflow_id: string; has_result: Bit; may_alert: Bit }

const END_COLUMNS: Columns<Exclude<keyof EndRow, 'run_id'>> = {
  status: 'text',
  code: 'text',
  message_json: 'text',
  warnings_json: 'text',
  finished_at: 'int8',
  timing_json: 'text',
  label_json: 'text',
  status_code: 'int4',
  peak_memory_bytes: 'int8',
}
const RESULT_COLUMNS: Columns<keyof RunResultRow> = {
  run_id: 'text',
  result_json: 'text',
  result_packed: 'bytea',
  logs_json: 'text',
  logs_packed: 'bytea',
}
const COLUMNS: Columns<keyof GroupedEnd> = {
  ...END_COLUMNS,
  ...RESULT_COLUMNS,
  workflow_id: 'text',
  has_result: 'int4',
  may_alert: 'int4',
}

/** Excludes runs that have already ended, and successes that end a failing streak. Both are finished individually. */
const END: GroupStatement = {
  name: 'end_runs',
  columns: COLUMNS,
  text: `with ${inputOf(COLUMNS)},
    ended as (
      update runs set ${Object.keys(END_COLUMNS)
        .map((name) => `${name} = input.${name}`)
        .join(', ')}
      from input
      where runs.id = input.run_id and runs.status = 'running' and (
        input.may_alert = 0
        or not exists (select from alert_states where alert_states.workflow_id = input.workflow_id)
      )
      returning input.position
    ),
    results as (
      insert into run_results (${Object.keys(RESULT_COLUMNS).join(', ')})
      select ${Object.keys(RESULT_COLUMNS).join(', ')} from input join ended using (position)
      where has_result = 1 order by position
    )
    select position from ended`,
}

/** Returns null if the run cannot be part of a group. */
export type EndTogether = (
  finish: FinishRun,
  packed: PackedEnd,
  mayAlert: boolean,
  alone: () => Promise<Finished>,
) => Promise<Finished> | null

export function openEnds({ groups }: Database): EndTogether {
  if (groups === null) return () => null
  const group = groups.openWriter<GroupedEnd>(async () => [END])
  return (finish, packed, mayAlert, alone) => {
    if (!isPlain(finish, packed, mayAlert)) return null
    const { warnings } = finish.outcome
    const finished: Finished = { applied: true, warnings, settingsChanges: [], settingsError: null }
    const ended = group.ask<Finished | null>(
      toRow(finish, packed, mayAlert),
      (found) => (found === null ? null : finished),
      alone,
    )
    return ended.then((done) => done ?? alone())
  }
}

function isPlain(finish: FinishRun, { result, logs, calls }: PackedEnd, mayAlert: boolean): boolean {
  const { outcome } = finish
  const sizes = [result.plain, result.packed, logs.plain, logs.packed].map((part) => part?.length ?? 0)
  return (
    sizes.reduce((sum, size) => sum + size, 0) <= MAX_BYTES &&
    calls === null &&
    finish.original == null &&
    !hasPatch(finish) &&
    isQuiet(outcome, mayAlert)
  )
}

const isQuiet = ({ status, warnings }: Outcome, mayAlert: boolean): boolean =>
  status === 'cancelled' ||
  (status === 'succeeded' && !(mayAlert && warnings.some(({ code }) => code === 'reported_failure')))

function toRow(finish: FinishRun, packed: PackedEnd, mayAlert: boolean): GroupedEnd {
  const { runId, workflowId, outcome, finishedAt, isCatch } = finish
  return {
    ...endRowOf(runId, outcome, outcome.warnings, finishedAt, isCatch ? statusCodeOf(outcome) : null),
    ...resultRowOf(runId, packed),
    workflow_id: workflowId,
    has_result: bit(hasResult(packed)),
    may_alert: bit(mayAlert && outcome.status === 'succeeded'),
  }
}
