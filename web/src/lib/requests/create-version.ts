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
export type NewVersion = {
  source: string
  message?: string
  deploy: boolean
  /** What the text was made from, by number (0: none); when that is not the newest any more, the answer is 409. */
  base_version?: number
  base_deployed?: number
}

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
