import { useQuery } from '@tanstack/react-query'
import { api } from '../../../../lib/client/api.ts'
import { queryKeys } from '../../../../lib/client/query-keys.ts'

const HOUR_MS = 3600_000

/** Installs the package, which takes seconds. */
export function useConnectors(isWanted: boolean) {
  return useQuery({
    queryKey: queryKeys.connectors,
    queryFn: async ({ signal }) => (await api.get('/api/connectors', { signal })).data,
    enabled: isWanted,
    staleTime: HOUR_MS,
    retry: false,
  })
}

export function useConnectorProgram(id: string | null, incremental: boolean) {
  return useQuery({
    queryKey: queryKeys.connector(id ?? '', incremental),
    queryFn: ({ signal }) =>
      api.get('/api/connectors/{id}', { path: { id: id ?? '' }, query: { incremental }, signal }),
    enabled: id !== null,
    staleTime: HOUR_MS,
    retry: false,
  })
}
