/** Workflows as rows. */

import type { Selectable } from 'kysely'
import type { Acknowledgement } from '../../domain/acknowledgement.ts'
import type { KeySource } from '../../domain/idempotency.ts'
import { parseRetries } from '../../domain/retries.ts'
import { ANYBODY, type SecretsChange } from '../../domain/senders/sender-check.ts'
import type { Schedule, Workflow } from '../../domain/workflow.ts'
import { bit, toBytes, toText, type WorkflowRow } from '../database/tables.ts'

/** What may be changed of a workflow. */
export type WorkflowChanges = Partial<
  Pick<
    Workflow,
    | 'name'
    | 'description'
    | 'runtime'
    | 'timeoutSeconds'
    | 'maxConcurrency'
    | 'isolation'
    | 'bodyLimitBytes'
    | 'schedule'
    | 'retentionDays'
    | 'retentionBytes'
    | 'idempotency'
    | 'answer'
    | 'retries'
    | 'enabled'
    | 'archived'
    | 'hookKey'
  >
> &
  CallerChanges

/** Without the secrets, which a workflow does not carry. */
export function toWorkflowRow(
  workflow: Workflow,
): Omit<Selectable<WorkflowRow>, 'sender_secrets' | 'sender_secret_count'> {
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
    retries_json: JSON.stringify(workflow.retries),
    hook_key: workflow.hookKey,
    sender_check_json: workflow.senderCheck.scheme === 'none' ? null : JSON.stringify(workflow.senderCheck),
    allowed_ips_json: workflow.allowedIps.length === 0 ? null : JSON.stringify(workflow.allowedIps),
    rate_limit_json: workflow.rateLimit === null ? null : JSON.stringify(workflow.rateLimit),
    deployed_version_id: workflow.deployedVersionId,
    deployed_version: workflow.deployedVersion,
    created_at: workflow.createdAt,
    updated_at: workflow.updatedAt,
  }
}

export function toWorkflow(row: Omit<Selectable<WorkflowRow>, 'sender_secrets'>): Workflow {
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
    retries: parseRetries(row.retries_json),
    hookKey: row.hook_key,
    senderCheck: row.sender_check_json === null ? ANYBODY : JSON.parse(row.sender_check_json),
    senderSecrets: row.sender_secret_count,
    allowedIps: row.allowed_ips_json === null ? [] : JSON.parse(row.allowed_ips_json),
    rateLimit: row.rate_limit_json === null ? null : JSON.parse(row.rate_limit_json),
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

type CallerChanges = Partial<Pick<Workflow, 'senderCheck' | 'allowedIps' | 'rateLimit'>> & {
  /** New secrets of the sender check; those that are there are never read back. */
  readonly senderSecretsChange?: SecretsChange
}
