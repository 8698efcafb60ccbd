import { queryKeys } from '../../../../lib/client/query-keys.ts'
import { useGet, useRows } from '../../../../lib/client/use-get.ts'

const HOUR_MS = 3600_000

/** Installs the package, which takes seconds. */
export const useConnectors = (isWanted: boolean) =>
  useRows(queryKeys.connectors, ['/api/connectors'], { enabled: isWanted, staleTime: HOUR_MS, retry: false })

export const useConnectorProgram = (id: string | null, incremental: boolean) =>
  useGet(
    queryKeys.connector(id ?? '', incremental),
    ['/api/connectors/{id}', { path: { id: id ?? '' }, query: { incremental } }],
    { enabled: id !== null, staleTime: HOUR_MS, retry: false },
  )
