import { queryKeys } from '../../lib/client/query-keys.ts'
import { useGet } from '../../lib/client/use-get.ts'

export function useVersionNumbers(workflowId: string): readonly string[] {
  const { data } = useGet(
    [...queryKeys.versions(workflowId), 'numbers'],
    ['/api/workflows/{id}/versions', { path: { id: workflowId }, query: { limit: 50 } }],
  )
  return (data?.data ?? []).map(({ number }) => String(number))
}
