import { queryKeys } from '../client/query-keys.ts'
import { useGet } from '../client/use-get.ts'

export const useNetwork = (enabled = true) => useGet(queryKeys.network, ['/api/network'], { enabled })
