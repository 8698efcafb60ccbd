/** What leaves the server through the API, and in which words. */

import { isUtf8 } from 'node:buffer'
import { parse as parseQuery } from 'node:querystring'
import type { LogLine, Run, RunRequest, SettingsChange } from '../domain/run.ts'
import type { Setting, SettingHistory } from '../domain/settings.ts'
import type { UpcomingTick } from '../domain/upcoming.ts'
import type { Version, Workflow } from '../domain/workflow.ts'
import type { RefusedCall } from '../store/callers.ts'
import type { ApiKey, AuditEntry, Invitation, Page, RunBucket, SearchPage, Tick, TickDay } from '../store/store.ts'
import type { Person } from './accounts.ts'
import { RawJson } from './json-text.ts'
import type { Urls } from './urls.ts'

export function presentPage<T, P>(page: Page<T>, present: (item: T) => P) {
  return { data: page.data.map(present), next_cursor: page.nextCursor }
}

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

/** A pull workflow has no callers. */
function presentCallers({ kind, senderCheck, senderSecrets, allowedIps, rateLimit }: Workflow) {
  if (kind === 'pull') return { sender_check: null, allowed_ips: null, rate_limit: null }
  return { sender_check: { ...senderCheck, secrets: senderSecrets }, allowed_ips: allowedIps, rate_limit: rateLimit }
}

export function presentRefusedCall({ id, at, reason, detail, address, headers, bodyBytes }: RefusedCall) {
  return { id, at: timeText(at), reason, detail, address, headers, body_bytes: bodyBytes }
}

export function presentVersion({ id, number, source, message, createdAt }: Version, deployedId: string | null) {
  return { id, number, source, message, created_at: timeText(createdAt), deployed: id === deployedId }
}

export function presentSetting({ key, value, secret, revision, updatedAt, updatedBy }: Setting) {
  return {
    key,
    value: secret ? null : new RawJson(value),
    secret,
    revision,
    updated_at: timeText(updatedAt),
    updated_by: updatedBy,
  }
}

export function presentSettingHistory(change: SettingHistory) {
  return { at: timeText(change.at), old: rawOrNull(change.old), new: rawOrNull(change.new), by: change.by }
}

/** A run as lists show it. */
export function presentRunSummary(run: Run) {
  const { id, version, trigger, status, code, message, result, warnings, startedAt, finishedAt, timing } = run
  return {
    id,
    workflow_id: run.workflowId,
    version,
    trigger,
    status,
    code,
    message,
    result,
    replay_of: run.replayOf,
    attempt: run.attempt,
    retry_of: run.retryOf,
    not_before: timeOrNull(run.notBefore),
    warnings,
    created_at: timeText(run.createdAt),
    started_at: timeOrNull(startedAt),
    finished_at: timeOrNull(finishedAt),
    duration_ms: startedAt === null || finishedAt === null ? null : finishedAt - startedAt,
    timing,
  }
}

/** A page of a search also says how far back it has looked. */
export function presentSearch(page: SearchPage) {
  return { ...presentPage(page, presentRunSummary), searched_back_to: timeOrNull(page.searchedBackTo) }
}

export function presentBucket({ startsAt, total, failed, isCapped, p50Ms, p95Ms }: RunBucket) {
  return { starts_at: timeText(startsAt), total, failed, capped: isCapped, p50_ms: p50Ms, p95_ms: p95Ms }
}

/** `showHook`: the address that a run was called at holds the hook key. */
export function presentRun(run: Run, showHook = true) {
  const { source, traceback, request, response, settingsChanges, scratchChanges } = run
  return {
    ...presentRunSummary(run),
    source,
    traceback,
    request: request && presentRequest(showHook ? request : withoutHookKey(request)),
    response,
    settings_changes: settingsChanges.map(presentChange),
    ...(scratchChanges === undefined ? {} : { scratch_changes: scratchChanges.map(presentChange) }),
  }
}

const presentChange = (change: SettingsChange) => ({
  key: change.key,
  old: rawOrNull(change.old),
  new: rawOrNull(change.new),
})

function withoutHookKey(request: RunRequest): RunRequest {
  return { ...request, url: request.url.replace(/^\/hooks\/[^?]*/, '/hooks/***') }
}

function presentRequest({ method, url, query, headers, body }: RunRequest) {
  const text = isUtf8(body)
  return {
    method,
    url,
    query: { ...parseQuery(query, '&', '=', { maxKeys: 0 }) },
    headers,
    body: body.toString(text ? 'utf8' : 'base64'),
    body_encoding: text ? 'utf8' : 'base64',
  }
}

export function presentLogLine({ at, stream, text }: LogLine) {
  return { at: timeText(at), stream, text }
}

export function presentTick({ dueAt, outcome, reason, runId }: Tick) {
  return { due_at: timeText(dueAt), outcome, reason, run_id: runId }
}

export function presentUpcoming({ dueAt, offsetMinutes, clockChange, moved }: UpcomingTick) {
  return { due_at: timeText(dueAt), utc_offset_minutes: offsetMinutes, clock_change: clockChange, moved }
}

export function presentTickDay({ startsAt, ran, skipped, missed, failed }: TickDay) {
  return { starts_at: timeText(startsAt), ran, skipped, missed, failed }
}

export function presentKey(key: ApiKey) {
  const { id, name, prefix, scopes, createdAt, expiresAt, lastUsedAt, revokedAt, createdBy } = key
  return {
    id,
    name,
    prefix,
    scopes,
    created_at: timeText(createdAt),
    expires_at: timeOrNull(expiresAt),
    last_used_at: timeOrNull(lastUsedAt),
    revoked_at: timeOrNull(revokedAt),
    created_by: createdBy,
  }
}

export function presentPerson({ id, name, email, role, createdAt }: Person) {
  return { id, name, email, role, created_at: timeText(createdAt) }
}

export function presentInvitation({ id, email, role, createdAt, expiresAt, createdBy }: Invitation) {
  return {
    id,
    email,
    role,
    created_at: timeText(createdAt),
    expires_at: timeText(expiresAt),
    created_by: createdBy,
  }
}

export function presentAudit({ at, by, action, workflowId, detail }: AuditEntry) {
  return { at: timeText(at), by, action, workflow_id: workflowId, detail }
}

export const timeText = (time: number): string => new Date(time).toISOString()
const timeOrNull = (time: number | null): string | null => (time === null ? null : timeText(time))
const rawOrNull = (text: string | null): RawJson | null => (text === null ? null : new RawJson(text))
