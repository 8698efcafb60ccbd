import { useQuery } from '@tanstack/react-query'
import { api } from '../api.ts'
import { type Version, versionsPath } from './create-version.ts'

export function useVersion(workflowId: string, number: number | null) {
  return useQuery({
    queryKey: ['versions', workflowId, number],
    queryFn: ({ signal }) => api<Version>(`${versionsPath(workflowId)}/${number}`, { signal }),
    enabled: number !== null,
  })
}
