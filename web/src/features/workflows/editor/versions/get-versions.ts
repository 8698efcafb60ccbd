import { useQuery } from '@tanstack/react-query'
import { useRef } from 'react'
import { api } from '../../../../lib/client/api.ts'
import { queryKeys } from '../../../../lib/client/query-keys.ts'
import { usePages } from '../../../../lib/client/use-pages.ts'
import type { Version } from '../../../../lib/requests/create-version.ts'
import { useVersion } from '../../../../lib/requests/get-version.ts'
import type { Workflow } from '../../../../lib/requests/get-workflow.ts'

/** Live events may miss other people's versions. */
const POLL_MS = 10_000

const getVersions = (id: string, query: { limit: number; cursor?: string | null }, signal: AbortSignal) =>
  api.get('/api/workflows/{id}/versions', { path: { id }, query, signal })

export const useVersions = (workflowId: string) =>
  usePages(queryKeys.versions(workflowId), ({ cursor, signal }) =>
    getVersions(workflowId, { limit: 20, cursor }, signal),
  )

/** The newest or, after a rollback, the deployed version. */
export function useOpenVersion(workflow: Workflow) {
  const { id, deployed_version: deployed } = workflow
  const newest = useNewestVersion(id)
  const last = newest.data ?? null
  const isRolledBack = last !== null && last.deployed_at !== null && !last.deployed && deployed !== null
  const version = useVersion(id, isRolledBack ? deployed : (last?.number ?? null))
  const shown = useRef<Opened & { id: string }>(null)
  if (newest.data === null) shown.current = { id, version: null, newest: 0 }
  else if (newest.data !== undefined && version.data !== undefined)
    shown.current = { id, version: version.data, newest: newest.data.number }
  return {
    data: shown.current?.id === id ? shown.current : undefined,
    error: newest.error ?? version.error,
    retry: () => void (newest.error === null ? version.refetch() : newest.refetch()),
  }
}

type Opened = { readonly version: Version | null; readonly newest: number }

export function useNewestVersion(workflowId: string) {
  return useQuery({
    queryKey: queryKeys.newestVersion(workflowId),
    queryFn: async ({ signal }) => (await getVersions(workflowId, { limit: 1 }, signal)).data[0] ?? null,
    refetchInterval: POLL_MS,
  })
}
