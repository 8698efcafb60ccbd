import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, type Schemas } from '../../../lib/client/api.ts'

export function useSetUp() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (setUp: Schemas['SetupCreate']) => api.post('/api/setup', { body: setUp }),
    onSuccess: () => client.resetQueries(),
  })
}
