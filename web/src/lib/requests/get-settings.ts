import { api, type Schemas } from '../client/api.ts'
import { queryKeys } from '../client/query-keys.ts'
import { usePages } from '../client/use-pages.ts'

export type Actor = Schemas['Actor']
/** `value`: JSON text. Null if secret, or JSON's null. */
export type Setting = Schemas['Setting']

export const useSettings = (id: string) =>
  usePages(
    queryKeys.settings(id),
    ({ cursor, signal }) =>
      api.get('/api/workflows/{id}/settings', { path: { id }, query: { limit: 200, cursor }, signal }),
    { refetchInterval: 10_000 },
  )
