import { NO_FILES } from '../../../domain/modules/module-files.ts'
import type { DurableRun, LogLine, Run, RunRequest, RunResponse } from '../../../domain/runs/run.ts'
import type { SettingsChange } from '../../../domain/settings/patch.ts'
import type { HeaderPairs } from '../../../domain/shared/headers.ts'
import { parseFiles } from '../../database/files.ts'
import type { RunRequestRow, RunResultRow, RunRow } from '../../database/tables/runs.ts'
import { toBuffer, toText } from '../../database/tables/tables.ts'
import { unpackBytes, unpackText } from './payloads.ts'

export type ListedRow = RunRow & { version: number | null }
export type WholeRow = ListedRow &
  Omit<RunRequestRow, 'run_id' | 'redacted'> &
  Pick<RunResultRow, 'result_json' | 'result_packed'> & { redacted: 0 | 1 | null }

type Head = { method: string; url: string; query: string; headers: HeaderPairs }
type Result = { traceback: string | null; response: RunResponse | null; result: string | null }

const REDACTED = { redacted: true } as const

export const headJson = ({ method, url, query, headers }: RunRequest): string =>
  JSON.stringify({ method, url, query, headers } satisfies Head)

export function resultJson({ traceback, response, result }: Result): string | null {
  if (traceback === null && response === null && result === null) return null
  return JSON.stringify({ traceback, response, result } satisfies Result)
}

type PackedLine = readonly [at: number, stream: LogLine['stream'], text: string]

export function logsJson(logs: readonly LogLine[]): string | null {
  return logs.length === 0 ? null : JSON.stringify(logs.map(({ at, stream, text }): PackedLine => [at, stream, text]))
}

export function parseLogs(json: string): readonly LogLine[] {
  const lines: readonly PackedLine[] = JSON.parse(json)
  return lines.map(([at, stream, text]) => ({ at, stream, text }))
}

export function toListedRun(row: ListedRow): Run {
  return {
    id: row.id,
    workflowId: row.workflow_id,
    versionId: row.version_id,
    version: row.version,
    trigger: row.trigger,
    status: row.status,
    code: row.code,
    message: JSON.parse(row.message_json ?? 'null'),
    traceback: null,
    request: null,
    response: null,
    result: null,
    settingsChanges: [],
    warnings: JSON.parse(row.warnings_json ?? '[]'),
    replayOf: row.replay_of,
    parentRunId: row.parent_run_id,
    attempt: row.attempt,
    retryOf: row.retry_of,
    keepSettings: row.keep_settings === 1,
    source: null,
    files: NO_FILES,
    createdAt: row.created_at,
    notBefore: row.not_before,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    timing: JSON.parse(row.timing_json ?? '{}'),
    label: JSON.parse(row.label_json ?? 'null'),
    statusCode: row.status_code,
    lane: row.lane,
    canary: row.canary,
    traceId: row.trace_id,
    traceParentId: row.trace_parent_id,
    peakMemoryBytes: row.peak_memory_bytes,
    erasedAt: row.erased_at,
    durable: toDurable(row),
  }
}

function toDurable({ parts, steps, waited_ms, waiting_json }: RunRow): DurableRun | null {
  if (parts === null) return null
  return { parts, steps: steps ?? 0, waitedMs: waited_ms ?? 0, waitingFor: JSON.parse(waiting_json ?? 'null') }
}

export function toWholeRun(row: WholeRow, settingsChanges: readonly SettingsChange[]): Run {
  const body = unpackBytes({ plain: row.body, packed: row.body_packed })
  const request =
    row.head_json === null
      ? null
      : {
          ...parseHead(row.head_json),
          body: toBuffer(body ?? Buffer.alloc(0)),
          ...(row.redacted === 1 ? REDACTED : {}),
        }
  const json = unpackText({ plain: row.result_json, packed: row.result_packed })
  const result = json === null ? null : parseResult(json)
  const source = row.source === null ? null : toText(row.source)
  return { ...toListedRun(row), ...result, request, source, files: parseFiles(row.files), settingsChanges }
}

const parseHead = (json: string): Head => JSON.parse(json)
export const parseResult = (json: string): Result => JSON.parse(json)
