import { queryKeys } from '../client/query-keys.ts'
import { useGet } from '../client/use-get.ts'

/** Without a sign-in: only the version and whether there is an owner. */
export const useSystem = () => useGet(queryKeys.system, ['/api/system'], { staleTime: 60_000 })
