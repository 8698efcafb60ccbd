import type { Answer } from '../../../lib/client/api.ts'
import { queryKeys } from '../../../lib/client/query-keys.ts'
import { useGet } from '../../../lib/client/use-get.ts'

export type Home = Answer<'get', '/api/home'>
export type Failing = Home['failing'][number]

const POLL_MS = 5000

export const useHome = () => useGet(queryKeys.home, ['/api/home'], { refetchInterval: POLL_MS })
