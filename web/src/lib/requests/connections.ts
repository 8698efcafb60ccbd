import type { Answer } from '../client/api.ts'
import { queryKeys } from '../client/query-keys.ts'
import { useRows } from '../client/use-get.ts'

export type Connection = Answer<'get', '/api/connections'>['data'][number]

export const useConnections = (enabled = true) => useRows(queryKeys.connections, ['/api/connections'], { enabled })
