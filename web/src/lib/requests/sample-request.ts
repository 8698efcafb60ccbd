import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api } from '../api.ts'
import type { HeaderList } from './runs/run.ts'

/** The request that tests and ready commands of a workflow send. */
export type SampleRequest = {
  query: Readonly<Record<string, string | readonly string[]>>
  headers: HeaderList
  body: string
  body_encoding: 'utf8' | 'base64'
  source: 'code' | 'run' | 'person' | 'sender'
}
export type NewSample = {
  headers?: HeaderList
  query?: string
  body?: string
  body_encoding?: 'utf8' | 'base64'
  source: SampleRequest['source']
}

const samplePath = (workflowId: string): string => `/api/workflows/${encodeURIComponent(workflowId)}/sample-request`

export const putSample = (workflowId: string, sample: NewSample): Promise<SampleRequest> =>
  api<SampleRequest>(samplePath(workflowId), { method: 'PUT', body: sample })

/** The stored sample, or one that the deployed code can work on. */
export function useSample(workflowId: string, enabled: boolean) {
  return useQuery({
    queryKey: ['sample-request', workflowId],
    queryFn: ({ signal }) => api<SampleRequest>(samplePath(workflowId), { signal }),
    enabled,
  })
}

/** The stored sample, or one that this code can work on, which need not be saved. */
export function useSampleFor(workflowId: string, source: string, enabled: boolean) {
  return useQuery({
    queryKey: ['sample-request', workflowId, source],
    queryFn: ({ signal }) =>
      api<SampleRequest>(`${samplePath(workflowId)}/preview`, { method: 'POST', body: { source }, signal }),
    enabled,
    gcTime: 0,
    placeholderData: (before) => before,
  })
}

export function usePutSample(workflowId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (sample: NewSample) => putSample(workflowId, sample),
    onSettled: () => client.invalidateQueries({ queryKey: ['sample-request', workflowId] }),
  })
}
