/** Answers to calls whose run has not ended yet: they say where the function's answer will be. */

import type { HeaderPairs } from '../../domain/headers.ts'
import type { Acknowledgement } from '../../domain/hooks/acknowledgement.ts'
import type { HookResult } from '../../runs/hook-result.ts'
import type { HttpResponse } from '../wire/response.ts'

/** The acknowledgement of a call. `url`: where the answer will be; `own`: the workflow's answer, in place of the default JSON object. */
export function acknowledge(result: HookResult, url: string, own: Acknowledgement | null): HttpResponse {
  const { runId, replayed } = result
  const body = own?.body ?? statusJson(result, url)
  const type = own?.content_type ?? (own?.body == null ? 'application/json' : 'text/plain; charset=utf-8')
  const again: HeaderPairs = replayed ? [['Idempotency-Replayed', 'true']] : []
  const headers: HeaderPairs = [['Content-Type', type], ['Location', url], ['Workflow-Run', runId], ...again]
  const status = own?.status_code ?? 202
  return { status, headers: status === 204 ? headers.slice(1) : headers, body }
}

/** The response at the answer's URL before the run has ended. */
export function notYet(result: HookResult, url: string, retryAfterSeconds: number): HttpResponse {
  return {
    status: 202,
    headers: [
      ['Content-Type', 'application/json'],
      ['Cache-Control', 'no-store'],
      ['Retry-After', String(retryAfterSeconds)],
      ['Workflow-Run', result.runId],
    ],
    body: statusJson(result, url),
  }
}

const statusJson = ({ status, runId }: HookResult, url: string): string =>
  JSON.stringify({ status, run_id: runId, answer_url: url })
