import type { Acknowledgement } from '../../domain/hooks/acknowledgement.ts'
import type { HeaderPairs } from '../../domain/shared/headers.ts'
import type { HookResult } from '../../runs/hook-result.ts'
import type { HttpResponse } from '../wire/response.ts'

export function acknowledge(result: HookResult, url: string, own: Acknowledgement | null): HttpResponse {
  const { runId, replayed } = result
  const body = own?.body ?? statusJson(result, url)
  const type = own?.content_type ?? (own?.body == null ? 'application/json' : 'text/plain; charset=utf-8')
  const again: HeaderPairs = replayed ? [['Idempotency-Replayed', 'true']] : []
  const headers: HeaderPairs = [['Content-Type', type], ['Location', url], ['Workflow-Run', runId], ...again]
  const status = own?.status_code ?? 202
  return { status, headers: status === 204 ? headers.slice(1) : headers, body }
}

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
