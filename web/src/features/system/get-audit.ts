import { useInfiniteQuery } from '@tanstack/react-query'
import { api, type Page, query } from '../../lib/api.ts'
import type { Actor } from '../../lib/requests/get-settings.ts'

export type AuditEntry = { at: string; by: Actor; action: string; workflow_id: string | null; detail: string }

/** The audit log, newest first. */
export function useAudit() {
  return useInfiniteQuery({
    queryKey: ['audit'],
    queryFn: ({ pageParam, signal }) =>
      api<Page<AuditEntry>>(`/api/audit${query({ limit: 50, cursor: pageParam })}`, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  })
}
