/** JSON is text, user bytes are blobs, times are milliseconds, booleans 0 or 1. */

import { type Generated, type Kysely, PostgresAdapter } from 'kysely'
import type { SampleSource } from '../../../domain/runs/sample-request.ts'
import type { RefusalReason } from '../../../domain/senders/sender-check.ts'
import type { Kind } from '../../../domain/shared/kind.ts'
import type { AlertTables } from './alerts.ts'
import type { AuditRow } from './audit.ts'
import type { ConnectionRow, ConnectionSignInRow } from './connections.ts'
import type { DecisionTables } from './decisions.ts'
import type { InternalHostRow } from './network.ts'
import type { PeopleTables } from './people.ts'
import type { RunRequestRow, RunResultRow, RunRow } from './runs.ts'
import type { RunStepRow, TaskTables } from './steps.ts'
import type { TrialTables } from './trials.ts'
import type { DraftTables, EnvironmentRow, VersionRow } from './versions.ts'
import type { FieldColumns } from './workflow-columns.ts'

export type Bit = 0 | 1

export type WorkflowRow = FieldColumns & {
  id: string
  kind: Kind
  search: string
  hook_key: string | null
  /** Encrypted JSON array, newest first. */
  sender_secrets: Generated<Uint8Array | null>
  sender_secret_count: Generated<number>
  deployed_version_id: string | null
  deployed_version: number | null
  created_at: number
  updated_at: number
}

export type SettingRow = {
  workflow_id: string
  key: Uint8Array
  /** Ciphertext, bound to workflow, key and revision. */
  value: Uint8Array
  secret: Bit
  revision: number
  bytes: number
  updated_at: number
  updated_by_json: string
  state: Bit
  conflicts: number
  conflict_at: number | null
  conflict_run_id: string | null
}

/** Distinguishes missing settings from no settings. Writers of settings lock this row. */
type SettingsTotalRow = { workflow_id: string; count: number; bytes: number }

/** The previous revision's row has the replaced value. */
export type SettingChangeRow = {
  workflow_id: string
  key: Uint8Array
  revision: number
  value: Uint8Array | null
  secret: Bit
  at: number
  by_json: string
  run_id: string | null
}

export type SharedSettingRow = {
  key: Uint8Array
  value: Uint8Array
  secret: Bit
  revision: number
  editors_json: string | null
  updated_at: number
  updated_by_json: string
}

type SharedSettingChangeRow = {
  key: Uint8Array
  revision: number
  value: Uint8Array | null
  secret: Bit
  at: number
  by_json: string
}

type RunOriginalRow = {
  run_id: string
  workflow_id: string
  request: Uint8Array | null
  waits: Bit
  answer: Uint8Array | null
  created_at: number
}

type RunCallsRow = {
  run_id: string
  workflow_id: string
  calls_json: string
  left_out: number
  recording: Uint8Array | null
}

/** Keyed hashes that identify people. */
type RunIdentityRow = { hash: string; run_id: string }

type RunTextRow = { id: number; run_id: string; text: string }

export type ErasureRow = {
  id: string
  at: number
  by_json: string
  runs_json: string
  decisions_json: string | null
  sha256: string
}

type RunCountsRow = {
  workflow_id: string
  tests: Bit
  span: number
  at: number
  attempts: number
  failed_attempts: number
  calls: number
  failed_calls: number
  durations: string
}

type DeadLetterRow = { run_id: string; workflow_id: string; group_id: string; failed_at: number }

type SampleRequestRow = {
  workflow_id: string
  head_json: string
  body: Uint8Array
  source: SampleSource
  updated_at: number
}

type IdempotencyKeyRow = { id: string; body_hash: string; run_id: string; created_at: number }
export type RefusedCallRow = {
  id: string
  workflow_id: string
  at: number
  reason: RefusalReason
  detail: string
  address: string
  /** Pairs without secret values. */
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
  attempts: number
}

type ServerRow = { id: string; started_at: number; lease_until: number; facts_json: string | null }

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
  ended_at: number | null
}

export type Tables = AlertTables &
  TaskTables &
  DecisionTables &
  TrialTables &
  DraftTables &
  PeopleTables & {
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
    run_steps: RunStepRow
    run_originals: RunOriginalRow
    run_calls: RunCallsRow
    run_identities: RunIdentityRow
    run_texts: RunTextRow
    search_pending: { run_id: string }
    run_counts: RunCountsRow
    run_counts_reach: { id: number; since: number; until: number }
    run_counts_open: { run_id: string; counted: Generated<0 | 1> }
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
    connections: ConnectionRow
    connection_sign_ins: ConnectionSignInRow
    internal_hosts: InternalHostRow
  }

export type Db = Kysely<Tables>

export const isPostgres = (db: Db): boolean => db.getExecutor().adapter instanceof PostgresAdapter

export const bit = (value: boolean): Bit => (value ? 1 : 0)
export const toBytes = (text: string): Buffer => Buffer.from(text, 'utf8')

/** Does not copy. SQLite returns a `Uint8Array`. */
export function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

export const toText = (bytes: Uint8Array): string => toBuffer(bytes).toString('utf8')
