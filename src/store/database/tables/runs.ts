/** Rows and statements follow from these tables. A new column also needs a migration. */

import { sql } from 'kysely'
import type { RunCode, RunStatus, Trigger } from '../../../domain/runs/run.ts'

type Bit = 0 | 1

export type ColumnType = 'text' | 'bytea' | 'int4' | 'int8'
/** PostgreSQL's type, with the type of the values. */
type Column<T> = ColumnType & { readonly of?: T }
type RowOf<Columns> = { -readonly [Name in keyof Columns]: Columns[Name] extends Column<infer T> ? T : never }

const text = <T extends string | null = string | null>() => 'text' as Column<T>
const bytea = () => 'bytea' as Column<Uint8Array | null>
const int4 = <T extends number | null = number | null>() => 'int4' as Column<T>
const int8 = <T extends number | null = number | null>() => 'int8' as Column<T>

export const START_COLUMNS = {
  id: text<string>(),
  workflow_id: text<string>(),
  version_id: text(),
  trigger: text<Trigger>(),
  status: text<RunStatus>(),
  replay_of: text(),
  attempt: int4<number>(),
  retry_of: text(),
  keep_settings: int4<Bit>(),
  created_at: int8<number>(),
  /** Null: never queued, a caller waited. */
  not_before: int8(),
  started_at: int8(),
  server_id: text(),
  lane: text(),
  lane_position: int4(),
  /** 1: a canary's candidate. 0: the deployed version. */
  canary: int4<Bit | null>(),
  attended: int4<Bit>(),
  trace_id: text(),
  trace_parent_id: text(),
  /** How often a durable run was begun, otherwise null. */
  parts: int4(),
  steps: int4(),
  /** Begin of a durable run's current part or wait. */
  turned_at: int8(),
}

export const END_COLUMNS = {
  status: text<RunStatus>(),
  code: text<RunCode | null>(),
  /** JSON: PostgreSQL text cannot store U+0000. */
  message_json: text(),
  warnings_json: text(),
  finished_at: int8(),
  timing_json: text(),
  label_json: text(),
  status_code: int4(),
  peak_memory_bytes: int8(),
}

type OtherColumns = {
  erased_at: number | null
  /** The last part whose log is stored. */
  logged_parts: number | null
  waited_ms: number | null
  waiting_json: string | null
  parent_run_id: string | null
  /** 1 until the caller got the end of this run. */
  parent_waits: 1 | null
}

export const REQUEST_COLUMNS = {
  run_id: text<string>(),
  /** Null: a test of unsaved source only. */
  head_json: text(),
  body: bytea(),
  body_packed: bytea(),
  source: bytea(),
  files: bytea(),
  redacted: int4<Bit>(),
}

export const RESULT_COLUMNS = {
  run_id: text<string>(),
  result_json: text(),
  result_packed: bytea(),
  logs_json: text(),
  logs_packed: bytea(),
}

export type StartedRow = RowOf<typeof START_COLUMNS>
export type EndedRow = RowOf<typeof END_COLUMNS>
export type RunRow = StartedRow & EndedRow & OtherColumns
export type RunRequestRow = RowOf<typeof REQUEST_COLUMNS>
export type RunResultRow = RowOf<typeof RESULT_COLUMNS>

/** Must equal the condition of the index in 0088-start.sql. */
export const REPORTED = sql<boolean>`warnings_json like '%"code":"reported_failure"%'`
