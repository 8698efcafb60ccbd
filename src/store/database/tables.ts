/** The tables as both engines hold them: JSON as text, user bytes as blobs, times as integer milliseconds, truth as 0 or 1. */

import type { Generated, Kysely } from 'kysely'
import type { PersonLanguage } from '../../domain/person-language.ts'
import type { RunCode, RunStatus, Trigger } from '../../domain/run.ts'
import type { SampleSource } from '../../domain/sample-request.ts'
import type { RefusalReason } from '../../domain/senders/sender-check.ts'
import type { Kind } from '../../domain/workflows/kind.ts'
import type { AlertTables } from '../alerts/tables.ts'
import type { AuditRow } from '../people/audit-row.ts'
import type { TrialTables } from '../trials/tables.ts'
import type { DraftTables, EnvironmentRow, VersionRow } from './version-tables.ts'
import type { FieldColumns } from './workflow-columns.ts'

export type Bit = 0 | 1

/** The columns of the fields that callers set (`WORKFLOW_FIELDS`), and those that the store keeps by itself. */
export type WorkflowRow = FieldColumns & {
  id: string
  kind: Kind
  /** The name in lower case: the two engines differ in how they fold case. */
  search: string
  hook_key: string | null
  /** Ciphertext of a JSON array, newest first; null: none. */
  sender_secrets: Generated<Uint8Array | null>
  sender_secret_count: Generated<number>
  deployed_version_id: string | null
  deployed_version: number | null
  created_at: number
  updated_at: number
}

/** One row for each key that exists. Its former values are in `setting_changes`. */
export type SettingRow = {
  workflow_id: string
  key: Uint8Array
  /** Ciphertext, bound to workflow, key and revision. */
  value: Uint8Array
  secret: Bit
  revision: number
  /** Its share of the total limit. */
  bytes: number
  updated_at: number
  updated_by_json: string
}

/** Distinguishes missing settings from no settings. Writers of one workflow's settings lock this row. */
type SettingsTotalRow = { workflow_id: string; count: number; bytes: number }

/** The chain of values of a key: what a change replaced is the value of the revision before. */
export type SettingChangeRow = {
  workflow_id: string
  key: Uint8Array
  revision: number
  /** Ciphertext, the same as in `settings`; null: the key was deleted. */
  value: Uint8Array | null
  secret: Bit
  at: number
  by_json: string
  run_id: string | null
}

/** Settings of the installation, encrypted like those of workflows. */
export type SharedSettingRow = {
  key: Uint8Array
  value: Uint8Array
  secret: Bit
  revision: number
  /** Null: all editors. */
  editors_json: string | null
  updated_at: number
  updated_by_json: string
}

type SharedSettingChangeRow = {
  key: Uint8Array
  revision: number
  /** Null: the key was deleted. */
  value: Uint8Array | null
  secret: Bit
  at: number
  by_json: string
}

/** What lists show of a run; everything large is in the two tables below. */
export type RunRow = {
  id: string
  workflow_id: string
  version_id: string | null
  trigger: Trigger
  status: RunStatus
  code: RunCode | null
  /** A JSON string, because PostgreSQL's text refuses U+0000. */
  message_json: string | null
  warnings_json: string | null
  replay_of: string | null
  attempt: number
  /** The first attempt; null for that one itself. */
  retry_of: string | null
  keep_settings: Bit
  created_at: number
  /** Null: somebody waits for it, so it was never queued. */
  not_before: number | null
  started_at: number | null
  finished_at: number | null
  timing_json: string | null
  server_id: string | null
  /** A JSON string: a label may hold U+0000. */
  label_json: string | null
  status_code: number | null
  /** A digest of the value by which runs wait for each other; null: they do not. */
  lane: string | null
  /** Its place in the lane, among those that have not ended. */
  lane_position: number | null
  /** A call beside a canary: 1 ran the candidate, 0 the deployed version. */
  canary: Bit | null
  /** 1: a caller waits for it although it was queued. */
  attended: Bit
  /** Null in rows from before there were traces. */
  trace_id: string | null
  trace_parent_id: string | null
  /** Null: not measured. */
  peak_memory_bytes: number | null
}

export type RunRequestRow = {
  run_id: string
  /** Method, URL, query and headers; null when there is no request, only unsaved source. */
  head_json: string | null
  body: Uint8Array | null
  /** Instead of `body` when that is stored compressed; so with the two below. */
  body_packed: Uint8Array | null
  source: Uint8Array | null
  /** Modules beside `source`, as JSON; null: none. */
  files: Uint8Array | null
  /** 1: privacy rules removed something from it. */
  redacted: Generated<Bit>
}

/** The request of a run that waits in the queue, and its answer for a caller who waits: both encrypted. */
type RunOriginalRow = {
  run_id: string
  workflow_id: string
  request: Uint8Array | null
  /** Whether a caller waits for the answer. */
  waits: Bit
  answer: Uint8Array | null
  created_at: number
}

/** Outgoing calls as JSON; what they sent and received encrypted, where it is kept. */
type RunCallsRow = {
  run_id: string
  workflow_id: string
  calls_json: string
  left_out: number
  recording: Uint8Array | null
}

/** Keyed hashes of values by which a person is found again. */
type RunIdentityRow = { hash: string; run_id: string }

/** The searched texts of a run; `id` is in the order of the runs. Runs that had not ended are indexed again. */
type RunTextRow = { id: number; run_id: string; text: string }

/** Certificates of erasures. */
export type ErasureRow = { id: string; at: number; by_json: string; runs_json: string; sha256: string }

export type RunResultRow = {
  run_id: string
  /** Traceback, response and result; null when there is only a log. */
  result_json: string | null
  result_packed: Uint8Array | null
  logs_json: string | null
  logs_packed: Uint8Array | null
}

/** `group_id` is a digest of what failures of one kind have in common. */
type DeadLetterRow = { run_id: string; workflow_id: string; group_id: string; failed_at: number }

/** What tests and ready commands of a workflow send; no row: made from its code. */
type SampleRequestRow = {
  workflow_id: string
  /** Method, query and headers. */
  head_json: string
  body: Uint8Array
  source: SampleSource
  updated_at: number
}

/** `id` and `body_hash` are digests: of workflow and key, and of the body that came with it. */
type IdempotencyKeyRow = { id: string; body_hash: string; run_id: string; created_at: number }
/** Calls that did not pass their hook's check; the newest of each workflow. */
export type RefusedCallRow = {
  id: string
  workflow_id: string
  at: number
  reason: RefusalReason
  detail: string
  address: string
  /** Pairs, without the values that are secrets. */
  headers_json: string
  body_bytes: number
}

type ScheduleRow = { workflow_id: string; anchor_at: number; next_at: number | null }

export type TickRow = {
  workflow_id: string
  due_at: number
  outcome: 'ran' | 'skipped' | 'missed'
  reason: string | null
  run_id: string | null
  /** Runs started for it: more than one when a server died under one. */
  attempts: number
}

type ServerRow = { id: string; started_at: number; lease_until: number; facts_json: string | null }

/** A running run that somebody wants to end. */
type CancelRequestRow = { run_id: string; at: number }

export type ApiKeyRow = {
  id: string
  name: string
  prefix: string
  hash: string
  created_at: number
  created_by_json: string
  last_used_at: number | null
  revoked_at: number | null
  scopes_json: string
  expires_at: number | null
}

export type InvitationRow = {
  id: string
  email: string
  role: string
  hash: string
  created_at: number
  created_by_json: string
  expires_at: number
  /** Accepted or revoked; the audit log says which. */
  ended_at: number | null
}

export type Tables = AlertTables &
  TrialTables &
  DraftTables & {
    person_languages: { person_id: string; language: PersonLanguage }
    meta: { key: string; value: Uint8Array }
    schema_migrations: { number: number; name: string; applied_at: number }
    workflows: WorkflowRow
    versions: VersionRow
    environments: EnvironmentRow
    settings: SettingRow
    settings_totals: SettingsTotalRow
    setting_changes: SettingChangeRow
    shared_settings: SharedSettingRow
    shared_setting_changes: SharedSettingChangeRow
    runs: RunRow
    run_requests: RunRequestRow
    run_results: RunResultRow
    run_originals: RunOriginalRow
    run_calls: RunCallsRow
    run_identities: RunIdentityRow
    run_texts: RunTextRow
    search_pending: { run_id: string }
    erasures: ErasureRow
    idempotency_keys: IdempotencyKeyRow
    refused_calls: RefusedCallRow
    dead_letters: DeadLetterRow
    sample_requests: SampleRequestRow
    schedules: ScheduleRow
    ticks: TickRow
    servers: ServerRow
    cancel_requests: CancelRequestRow
    api_keys: ApiKeyRow
    audit_log: AuditRow
    invitations: InvitationRow
  }

export type Db = Kysely<Tables>

export const bit = (value: boolean): Bit => (value ? 1 : 0)
export const toBytes = (text: string): Buffer => Buffer.from(text, 'utf8')

/** SQLite returns a `Uint8Array`, PostgreSQL a `Buffer`; neither is copied. */
export function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

export const toText = (bytes: Uint8Array): string => toBuffer(bytes).toString('utf8')
