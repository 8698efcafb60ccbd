import type { Answer } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'
import { useGet } from '../../lib/client/use-get.ts'

export type Operation = Answer<'get', '/api/system/operation'>

/** Servers report every ten seconds. */
export const useOperation = () => useGet(queryKeys.operation, ['/api/system/operation'], { refetchInterval: 10_000 })
