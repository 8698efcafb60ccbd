import type { Schemas } from '../client/api.ts'
import { queryKeys } from '../client/query-keys.ts'
import { useRows } from '../client/use-get.ts'

export type Runtime = Schemas['Runtime']

export const useRuntimes = () => useRows(queryKeys.runtimes, ['/api/runtimes'], { staleTime: 60_000 })
