import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, type Body, type Schemas } from '../../../../lib/client/api.ts'
import { queryKeys } from '../../../../lib/client/query-keys.ts'
import { useGet } from '../../../../lib/client/use-get.ts'

export type View = Schemas['View']
export type NewView = Body<'post', '/api/views'>
type ViewChanges = Body<'patch', '/api/views/{id}'>
type List = { data: View[]; next_cursor: string | null }

export const useViews = () => useGet(queryKeys.views, ['/api/views'])

export const useCreateView = () => useChange((body: NewView) => api.post('/api/views', { body }))

export const useUpdateView = (id: string) =>
  useChange((body: ViewChanges) => api.patch('/api/views/{id}', { path: { id }, body }))

export function useDeleteView(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => api.delete('/api/views/{id}', { path: { id } }),
    onSuccess: () =>
      client.setQueryData<List>(
        queryKeys.views,
        (list) => list && { ...list, data: list.data.filter((view) => view.id !== id) },
      ),
    onSettled: () => void client.invalidateQueries({ queryKey: queryKeys.views }),
  })
}

function useChange<B>(change: (body: B) => Promise<View>) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: change,
    // Before the list is read again.
    onSuccess: (view) =>
      client.setQueryData<List>(queryKeys.views, (list) => {
        if (list === undefined) return list
        const isKnown = list.data.some(({ id }) => id === view.id)
        const data = isKnown ? list.data.map((one) => (one.id === view.id ? view : one)) : [...list.data, view]
        return { ...list, data }
      }),
    onSettled: () => void client.invalidateQueries({ queryKey: queryKeys.views }),
  })
}
