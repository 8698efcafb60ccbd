import { addressOf, api, type Schemas } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'
import { usePages } from '../../lib/client/use-pages.ts'

export type AuditEntry = Schemas['ListedAuditEntry']

export type AuditFilter = { actor: string; action: string | null; since: string | null }

export const useAudit = (filter: AuditFilter) =>
  usePages(queryKeys.audit(filter), ({ cursor, signal }) =>
    api.get('/api/audit', { query: { ...filter, limit: 50, cursor }, signal }),
  )

export const exportUrl = (filter: AuditFilter, format: 'csv' | 'jsonl'): string =>
  addressOf('/api/audit/export', { query: { ...filter, format } })
