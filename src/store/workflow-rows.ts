/** Workflows as rows. */

import type { Acknowledgement } from '../domain/acknowledgement.ts'
import type { KeySource } from '../domain/idempotency.ts'
import type { Schedule, Workflow } from '../domain/workflow.ts'
import { bit, toBytes, toText, type WorkflowRow } from './tables.ts'

export function toWorkflowRow(workflow: Workflow): WorkflowRow {
  return {
    id: workflow.id,
    name: workflow.name,
    search: workflow.name.toLowerCase(),
    kind: workflow.kind,
    description: toBytes(workflow.description),
    enabled: bit(workflow.enabled),
    archived: bit(workflow.archived),
    runtime: workflow.runtime,
    timeout_seconds: workflow.timeoutSeconds,
    max_concurrency: workflow.maxConcurrency,
    isolation: workflow.isolation,
    body_limit_bytes: workflow.bodyLimitBytes,
    schedule_json: workflow.schedule === null ? null : JSON.stringify(workflow.schedule),
    idempotency_json: workflow.idempotency === null ? null : JSON.stringify(workflow.idempotency),
    retention_days: workflow.retentionDays,
    retention_bytes: workflow.retentionBytes,
    answer_json: workflow.answer === null ? null : JSON.stringify(workflow.answer),
    hook_key: workflow.hookKey,
    deployed_version_id: workflow.deployedVersionId,
    deployed_version: workflow.deployedVersion,
    created_at: workflow.createdAt,
    updated_at: workflow.updatedAt,
  }
}

export function toWorkflow(row: WorkflowRow): Workflow {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    description: toText(row.description),
    enabled: row.enabled === 1,
    archived: row.archived === 1,
    runtime: row.runtime,
    timeoutSeconds: row.timeout_seconds,
    maxConcurrency: row.max_concurrency,
    isolation: row.isolation,
    bodyLimitBytes: row.body_limit_bytes,
    schedule: row.schedule_json === null ? null : parseSchedule(row.schedule_json),
    idempotency: row.idempotency_json === null ? null : parseKeySource(row.idempotency_json),
    retentionDays: row.retention_days,
    retentionBytes: row.retention_bytes,
    answer: row.answer_json === null ? null : parseAcknowledgement(row.answer_json),
    hookKey: row.hook_key,
    deployedVersionId: row.deployed_version_id,
    deployedVersion: row.deployed_version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

// Checked before they were stored.
const parseAcknowledgement = (json: string): Acknowledgement => JSON.parse(json)
const parseKeySource = (json: string): KeySource => JSON.parse(json)

/** Checked before it was stored. */
export function parseSchedule(json: string): Schedule {
  return JSON.parse(json)
}
