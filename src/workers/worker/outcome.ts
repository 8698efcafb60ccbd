/** The result of a run is untrusted input. */

import { isUtf8 } from 'node:buffer'
import { isObject } from '../../domain/json/is-object.ts'
import type { OutgoingCall } from '../../domain/runs/outgoing.ts'
import {
  type LogLine,
  MAX_LABEL,
  type Outcome,
  type RunCode,
  type RunResponse,
  type Timing,
  type Warning,
} from '../../domain/runs/run.ts'
import { EMPTY_PATCH } from '../../domain/settings/patch.ts'
import { HEADER_NAME } from '../../domain/shared/headers.ts'
import { LIMITS } from '../../domain/workflows/workflow.ts'
import { readHeaders } from './calls.ts'
import { type Frame, wholeOrNull } from './frames.ts'
import { depthProblem, readPatch, readStepKey, readWaits } from './steps.ts'

export type Failure = {
  readonly status?: Outcome['status']
  readonly code: RunCode
  readonly message: string
  readonly traceback?: string | null
  readonly line?: number | null
  readonly place?: CodePlace | null
  readonly isUndeclared?: boolean
}

export type CodePlace = { readonly file: string; readonly line: number }

type Rest = {
  readonly logs: readonly LogLine[]
  readonly timing: Timing
  readonly calls?: readonly OutgoingCall[]
  readonly peakMemoryBytes?: number | null
}

/** Bytes. A header contains settings as JSON within JSON (at most twice 1 MiB), a traceback and response headers. */
export const RESULT_LIMITS = { header: 2.5 * 1024 * 1024, payload: LIMITS.responseBodyBytes }

/** Exceeds any machine's memory. */
const MAX_MEMORY_BYTES = 2 ** 50

const FAILED_CODES = new Set<RunCode>([
  'invalid_response',
  'invalid_settings',
  'exception',
  'load_error',
  'connection_unavailable',
  'out_of_memory',
  'nondeterminism',
  'invalid_step',
  'wait_timed_out',
  'needs_answer',
  'invalid_decision',
])
const HEADER_VALUE = /^[\t\x20-\x7e\xa0-\xff]*$/
const MESSAGE_LENGTH = 10_100
const TRACEBACK_LENGTH = 64 * 1024
const MAX_WARNINGS = 20

export function failed(
  { status = 'failed', code, message, traceback = null, line = null }: Failure,
  rest: Rest,
): Outcome {
  return {
    status,
    code,
    message: code === 'load_error' ? withLine(message, line) : message,
    traceback,
    line,
    response: null,
    result: null,
    label: null,
    patch: EMPTY_PATCH,
    warnings: [],
    peakMemoryBytes: null,
    ...rest,
  }
}

function withLine(message: string, line: number | null): string {
  return line === null || message.includes(`line ${line})`) ? message : `${message} (line ${line})`
}

/** Returns null for a forged frame. */
export function readOutcome({ header, payload }: Frame, others: Rest): Outcome | null {
  const rest = { ...others, peakMemoryBytes: readPeak(header.peak, others.peakMemoryBytes ?? null) }
  const outcome =
    header.status === 'failed'
      ? readFailure(header, rest)
      : header.status === 'waiting'
        ? readWaiting(header, rest)
        : readSuccess({ header, payload }, rest)
  const callsLeftOut = wholeOrNull(header.calls_left_out) ?? 0
  return outcome !== null && callsLeftOut > 0 ? { ...outcome, callsLeftOut } : outcome
}

function readSuccess({ header, payload }: Frame, rest: Rest): Outcome | null {
  const response = header.response === null ? null : readResponse(header.response, payload)
  const patch = readPatch(header)
  if (header.status !== 'succeeded' || response === undefined || patch === undefined) return null
  return {
    status: 'succeeded',
    code: null,
    message: null,
    traceback: null,
    line: null,
    response,
    result: textOrNull(header.result, LIMITS.resultLength),
    label: textOrNull(header.label, MAX_LABEL)?.trim() || null,
    patch,
    warnings: readWarnings(header.warnings),
    peakMemoryBytes: null,
    ...rest,
  }
}

function readWaiting(header: Frame['header'], rest: Rest): Outcome | null {
  const waits = readWaits(header)
  if (waits === null) return null
  const problem = depthProblem(waits)
  if (problem !== null) return failed(problem, rest)
  const part = failed({ status: 'waiting', code: 'lost', message: '' }, rest)
  return { ...part, code: null, message: null, waits }
}

function readFailure(header: Frame['header'], rest: Rest): Outcome | null {
  const code = [...FAILED_CODES].find((candidate) => candidate === header.code)
  if (code === undefined) return null
  const failure = failed(
    {
      code,
      message: textOrNull(header.message, MESSAGE_LENGTH) ?? '',
      traceback: textOrNull(header.traceback, TRACEBACK_LENGTH),
      line: wholeOrNull(header.line),
    },
    rest,
  )
  const endedBy = readStepKey(header.ended_by)
  return endedBy === null ? failure : { ...failure, endedBy }
}

function readResponse(found: unknown, payload: Buffer): RunResponse | undefined {
  if (!isObject(found) || !isUtf8(payload)) return undefined
  const status = wholeOrNull(found.status)
  const { min, max } = LIMITS.responseStatus
  const headers = readHeaders(found.headers, LIMITS.responseHeaders)
  if (status === null || status < min || status > max || headers === null) return undefined
  if (!headers.every(([name, value]) => HEADER_NAME.test(name) && HEADER_VALUE.test(value))) return undefined
  const size = headers.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0)
  return size <= LIMITS.responseHeaderBytes ? { status, headers, body: payload.toString('utf8') } : undefined
}

function readWarnings(found: unknown): readonly Warning[] {
  if (!Array.isArray(found)) return []
  return (found as readonly unknown[]).slice(0, MAX_WARNINGS).flatMap((item) => {
    if (!isObject(item)) return []
    const code = textOrNull(item.code, 100)
    const message = textOrNull(item.message, MESSAGE_LENGTH)
    return code === null || message === null ? [] : [{ code, message }]
  })
}

function readPeak(said: unknown, measured: number | null): number | null {
  const bytes = wholeOrNull(said)
  const isPossible = bytes !== null && bytes > 0 && bytes < MAX_MEMORY_BYTES
  return isPossible ? Math.max(bytes, measured ?? 0) : measured
}

function textOrNull(value: unknown, length: number): string | null {
  return typeof value === 'string' ? value.slice(0, length) : null
}
