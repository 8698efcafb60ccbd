import { isUtf8 } from 'node:buffer'
import { parse as parseQuery } from 'node:querystring'
import { isObject } from '../../../domain/json/is-object.ts'
import { isFinal, type LogLine, type Run, type RunRequest, type RunResponse } from '../../../domain/runs/run.ts'
import type { WaitingFor } from '../../../domain/runs/steps.ts'
import type { SettingsChange } from '../../../domain/settings/patch.ts'
import { isSecretHeader } from '../../../domain/shared/headers.ts'
import { resultOfStored } from '../../../runs/hook-result.ts'
import type { FoundRun, RunStatsBucket, SearchPage } from '../../../store/runs/rows/records.ts'
import type { ListedStep } from '../../../store/runs/rows/step-records.ts'
import { answerOfRun } from '../../hooks/run-answer.ts'
import type { DisclosedRun, Disclosure } from '../common/disclosure.ts'
import { presentPage, rawOrNull, timeOrNull, timeText } from '../common/present.ts'
import type { Shown } from '../common/routes.ts'
import type { LogLine as LogLineSchema, RunSummary, WaitingFor as WaitingForSchema } from './schemas.ts'

export function presentRunSummary(run: Run) {
  const { id, version, trigger, status, code, message, result, warnings, startedAt, finishedAt, timing } = run
  const { label, statusCode, durable } = run
  const elapsed = startedAt === null || finishedAt === null ? null : finishedAt - startedAt
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
    parent_run_id: run.parentRunId,
    attempt: run.attempt,
    retry_of: run.retryOf,
    not_before: timeOrNull(run.notBefore),
    warnings,
    created_at: timeText(run.createdAt),
    started_at: timeOrNull(startedAt),
    finished_at: timeOrNull(finishedAt),
    duration_ms: elapsed === null ? null : elapsed - (durable?.waitedMs ?? 0),
    elapsed_ms: elapsed,
    timing,
    label,
    status_code: statusCode,
    trace_id: run.traceId,
    peak_memory_bytes: run.peakMemoryBytes,
    erased_at: timeOrNull(run.erasedAt),
    durable: durable !== null,
    parts: durable?.parts ?? (startedAt === null ? 0 : 1),
    steps: durable?.steps ?? 0,
    waiting_for: durable?.waitingFor?.map(presentWait) ?? null,
  } satisfies Shown<typeof RunSummary>
}

const presentWait = ({
  kind,
  name,
  since,
  until,
  taskId,
  runId,
  held,
}: WaitingFor): Shown<typeof WaitingForSchema> => ({
  kind,
  name,
  since: timeText(since),
  until: timeText(until),
  url: null,
  task_id: taskId ?? null,
  run_id: runId ?? null,
  ...(held ? { held } : {}),
})

/** Results were stored redacted, names were not. */
export function presentStep(step: ListedStep, show: Disclosure) {
  const { kind, name, number, status, shown, attempts, part, attempt } = step
  return {
    kind,
    name: show.text(name),
    number,
    status,
    result: status === 'done' ? rawOrNull(kind === 'task' ? withTimeText(shown) : shown) : null,
    error: status === 'failed' && shown !== null ? readError(shown) : null,
    attempts,
    started_at: timeText(step.startedAt),
    finished_at: timeOrNull(step.finishedAt),
    until: timeOrNull(step.until),
    task_id: step.taskId,
    run_id: step.runId,
    part,
    attempt,
  }
}

/** The time of an answer is stored in milliseconds. */
function withTimeText(answer: string | null): string | null {
  const given: unknown = answer === null ? null : JSON.parse(answer)
  return isObject(given) && typeof given.at === 'number' ? JSON.stringify({ ...given, at: timeText(given.at) }) : answer
}

/** The function wrote the text. */
function readError(shown: string): { type: string; message: string } {
  const error: unknown = JSON.parse(shown)
  const textOf = (value: unknown) => (typeof value === 'string' ? value : '***')
  return isObject(error)
    ? { type: textOf(error.type), message: textOf(error.message) }
    : { type: '***', message: '***' }
}

export function presentSearch(page: SearchPage, present: typeof presentRunSummary) {
  const presentFound = ({ match: { place, text }, ...run }: FoundRun) => ({
    ...present(run),
    match: { in: place, text },
  })
  return { ...presentPage(page, presentFound), searched_back_to: timeOrNull(page.searchedBackTo) }
}

export function presentBucket({ startsAt, total, failed, calls, failedCalls, isCapped, p50Ms, p95Ms }: RunStatsBucket) {
  const counts = { total, failed, calls, failed_calls: failedCalls }
  return { starts_at: timeText(startsAt), ...counts, capped: isCapped, p50_ms: p50Ms, p95_ms: p95Ms }
}

/** The call's address contains the hook key. Bodies above `maxBodyBytes` are left out, but not their sizes. */
export function presentRun(run: DisclosedRun, showHook = true, maxBodyBytes?: number) {
  const { source, files, traceback, request, response, settingsChanges, scratchChanges } = run
  return {
    ...presentRunSummary(run),
    source,
    ...(source === null ? {} : { files }),
    traceback,
    request: request && presentRequest(showHook ? request : withoutHookKey(request), maxBodyBytes),
    response: response && presentResponse(response, maxBodyBytes),
    caller_error: callerError(run),
    settings_changes: settingsChanges.map(presentChange),
    ...(scratchChanges === undefined ? {} : { scratch_changes: scratchChanges.map(presentChange) }),
  }
}

/** A retry answers no caller. */
function callerError(run: DisclosedRun) {
  if (run.trigger !== 'hook' || !isFinal(run.status) || run.status === 'succeeded' || run.attempt > 1) return null
  return answerOfRun(resultOfStored(run, false))
}

const presentChange = (change: SettingsChange) => ({
  key: change.key,
  old: rawOrNull(change.old),
  new: rawOrNull(change.new),
})

function withoutHookKey(request: RunRequest): RunRequest {
  return { ...request, url: request.url.replace(/^\/hooks\/[^?]*/, '/hooks/***') }
}

function presentRequest(request: RunRequest, maxBodyBytes: number | undefined) {
  const headers = request.headers.map(([name, value]) => [name, isSecretHeader(name) ? '***' : value] as const)
  const shown = { ...request, headers }
  if (maxBodyBytes === undefined) return presentWholeRequest(shown)
  const { length } = request.body
  if (length <= maxBodyBytes) return { ...presentWholeRequest(shown), body_bytes: length }
  return { ...presentWholeRequest({ ...shown, body: EMPTY }), body: null, body_bytes: length }
}

const EMPTY = Buffer.alloc(0)

function presentResponse(response: RunResponse, maxBodyBytes: number | undefined) {
  if (maxBodyBytes === undefined) return response
  const length = Buffer.byteLength(response.body)
  return { ...response, body: length > maxBodyBytes ? null : response.body, body_bytes: length }
}

export function presentWholeRequest({ method, url, query, headers, body }: RunRequest) {
  const text = isUtf8(body)
  return {
    method,
    url,
    query: { ...parseQuery(query, '&', '=', { maxKeys: 0 }) } as Record<string, string | string[]>,
    headers,
    body: body.toString(text ? 'utf8' : 'base64'),
    body_encoding: text ? ('utf8' as const) : ('base64' as const),
  }
}

export function presentLogLine({ at, stream, text }: LogLine) {
  return { at: timeText(at), stream, text } satisfies Shown<typeof LogLineSchema>
}
