import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../api.ts'
import { workflowKey } from './get-workflow.ts'

export type Version = {
  id: string
  number: number
  source: string
  message: string
  created_at: string
  deployed: boolean
}
export type NewVersion = { source: string; message?: string; deploy: boolean }

export const versionsPath = (workflowId: string): string => `/api/workflows/${encodeURIComponent(workflowId)}/versions`

export const createVersion = (workflowId: string, version: NewVersion): Promise<Version> =>
  api<Version>(versionsPath(workflowId), { method: 'POST', body: version })

export function useCreateVersion(workflowId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (version: NewVersion) => createVersion(workflowId, version),
    onSuccess: async () => {
      await Promise.all([
        client.invalidateQueries({ queryKey: ['versions', workflowId] }),
        client.invalidateQueries({ queryKey: workflowKey(workflowId) }),
        client.invalidateQueries({ queryKey: ['workflows'] }),
      ])
    },
  })
}
