import { useInfiniteQuery } from '@tanstack/react-query'
import { addressOf, api, type Schemas } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'

export type AuditEntry = Schemas['ListedAuditEntry']

export type AuditFilter = { actor: string; action: string | null; since: string | null }

export function useAudit(filter: AuditFilter) {
  return useInfiniteQuery({
    queryKey: queryKeys.audit(filter),
    queryFn: ({ pageParam, signal }) =>
      api.get('/api/audit', { query: { ...filter, limit: 50, cursor: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  })
}

export const exportUrl = (filter: AuditFilter, format: 'csv' | 'jsonl'): string =>
  addressOf('/api/audit/export', { query: { ...filter, format } })
