import { useQuery } from '@tanstack/react-query'
import { api } from '../api.ts'

export type Kind = 'catch' | 'pull'
export type Policies = { overlap?: 'skip' | 'queue' | 'allow'; missed?: 'last' | 'all' | 'none' }
export type Schedule = Policies & ({ every_seconds: number } | { cron: string; timezone: string })

/** Which fields there are depends on the scheme. */
export type SenderCheck = {
  scheme: string
  header?: string
  algorithm?: string
  encoding?: string
  prefix?: string
  signed?: string
  timestamp_header?: string | null
  tolerance_seconds?: number
}

export type KeySource = { from: 'header'; name: string } | { from: 'body'; path: string }
export type Acknowledgement = { mode: 'async'; status_code: number; body: string | null; content_type: string | null }

/** Duplicate calls, slow calls and failed background runs. */
export type Delivery = {
  idempotency: KeySource | null
  answer: Acknowledgement | null
  retries: { count: number; backoff_seconds: number }
}

export type Workflow = Delivery & {
  id: string
  name: string
  kind: Kind
  description: string
  enabled: boolean
  archived: boolean
  runtime: string
  timeout_seconds: number
  max_concurrency: number
  isolation: 'fresh' | 'reuse'
  body_limit_bytes: number
  /** Null: what the server says for all. */
  retention_days: number | null
  retention_bytes: number | null
  schedule: Schedule | null
  /** Null on a pull workflow; `secrets`: how many are valid. */
  sender_check: (SenderCheck & { secrets?: number }) | null
  allowed_ips: string[] | null
  rate_limit: { calls: number; per_seconds: number } | null
  hook_url: string | null
  deployed_version: number | null
  /** Null when nothing is armed; absent from servers that do not tell. */
  next_tick_at?: string | null
  created_at: string
  updated_at: string
}

export const workflowKey = (id: string) => ['workflow', id] as const

/** Null: there is nothing to ask for. */
export function useWorkflow(id: string | null) {
  return useQuery({
    queryKey: workflowKey(id ?? ''),
    queryFn: ({ signal }) => api<Workflow>(`/api/workflows/${encodeURIComponent(id ?? '')}`, { signal }),
    enabled: id !== null,
  })
}
