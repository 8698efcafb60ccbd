import { useQuery } from '@tanstack/react-query'
import { api } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'

export function useVersionNumbers(workflowId: string): readonly string[] {
  const { data } = useQuery({
    queryKey: [...queryKeys.versions(workflowId), 'numbers'],
    queryFn: ({ signal }) =>
      api.get('/api/workflows/{id}/versions', { path: { id: workflowId }, query: { limit: 50 }, signal }),
  })
  return (data?.data ?? []).map(({ number }) => String(number))
}
