import type { Version, Workflow } from '../../../domain/workflow.ts'
import type { Urls } from '../../wire/urls.ts'
import { timeText } from '../common/present.ts'
import { presentCallers } from '../senders/present.ts'

/** `showHook`: whoever has the URL can run the workflow, so only those who may run it see it. */
export function presentWorkflow(workflow: Workflow, urls: Urls, showHook = true) {
  const { id, name, kind, description, enabled, archived, runtime, isolation, schedule, hookKey } = workflow
  return {
    id,
    name,
    kind,
    description,
    enabled,
    archived,
    runtime,
    timeout_seconds: workflow.timeoutSeconds,
    max_concurrency: workflow.maxConcurrency,
    isolation,
    body_limit_bytes: workflow.bodyLimitBytes,
    schedule,
    idempotency: workflow.idempotency,
    retention_days: workflow.retentionDays,
    retention_bytes: workflow.retentionBytes,
    answer: workflow.answer,
    ...presentCallers(workflow),
    retries: workflow.retries,
    hook_url: hookKey === null || !showHook ? null : urls.hookUrl(hookKey),
    deployed_version: workflow.deployedVersion,
    created_at: timeText(workflow.createdAt),
    updated_at: timeText(workflow.updatedAt),
  }
}

export function presentVersion({ id, number, source, message, createdAt }: Version, deployedId: string | null) {
  return { id, number, source, message, created_at: timeText(createdAt), deployed: id === deployedId }
}
