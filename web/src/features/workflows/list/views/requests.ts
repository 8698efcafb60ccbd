import { api, type Body, type Schemas } from '../../../../lib/client/api.ts'
import { queryKeys } from '../../../../lib/client/query-keys.ts'
import { useChange } from '../../../../lib/client/use-change.ts'
import { useGet } from '../../../../lib/client/use-get.ts'

export type View = Schemas['View']
export type NewView = Body<'post', '/api/views'>
type ViewChanges = Body<'patch', '/api/views/{id}'>

export const useViews = () => useGet(queryKeys.views, ['/api/views'])

export const useCreateView = () => useChange([queryKeys.views], (body: NewView) => api.post('/api/views', { body }))

export const useUpdateView = (id: string) =>
  useChange([queryKeys.views], (body: ViewChanges) => api.patch('/api/views/{id}', { path: { id }, body }))

export const useDeleteView = (id: string) =>
  useChange([queryKeys.views], () => api.delete('/api/views/{id}', { path: { id } }))
