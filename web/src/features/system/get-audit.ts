import { useInfiniteQuery } from '@tanstack/react-query'
import { api, type Page, query } from '../../lib/api.ts'
import type { Actor } from '../../lib/requests/get-settings.ts'

export type AuditEntry = { at: string; by: Actor; action: string; workflow_id: string | null; detail: string }

export type AuditFilter = { actor: string; action: string | null; since: string | null }

/** The audit log, newest first. */
export function useAudit(filter: AuditFilter) {
  return useInfiniteQuery({
    queryKey: ['audit', filter],
    queryFn: ({ pageParam, signal }) =>
      api<Page<AuditEntry>>(`/api/audit${query({ ...filter, limit: 50, cursor: pageParam })}`, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  })
}

/** Where the entries are downloaded as a file. */
export const exportUrl = (filter: AuditFilter, format: 'csv' | 'jsonl'): string =>
  `/api/audit/export${query({ ...filter, format })}`
