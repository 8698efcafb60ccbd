import type { Schemas } from '../../client/api.ts'
import { queryKeys } from '../../client/query-keys.ts'
import { useRows } from '../../client/use-get.ts'

export type Person = Schemas['Person']

/** The server refuses the list to all but owners. */
export const usePeople = () => useRows(queryKeys.people, ['/api/people'])
