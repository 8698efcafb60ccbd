import { useQuery } from '@tanstack/react-query'
import { api, type Body, type Schemas } from '../client/api.ts'
import { queryKeys } from '../client/query-keys.ts'
import { useChange } from '../client/use-change.ts'
import { useGet } from '../client/use-get.ts'

export type SampleRequest = Schemas['SampleRequest']
export type NewSample = Body<'put', '/api/workflows/{id}/sample-request'>

export const putSample = (id: string, body: NewSample): Promise<SampleRequest> =>
  api.put('/api/workflows/{id}/sample-request', { path: { id }, body })

/** Generated for the deployed code if not stored. */
export const useSample = (workflowId: string, enabled: boolean) =>
  useGet(queryKeys.sample(workflowId), ['/api/workflows/{id}/sample-request', { path: { id: workflowId } }], {
    enabled,
  })

export function useSampleFor(workflowId: string, source: string, enabled: boolean) {
  return useQuery({
    queryKey: queryKeys.sampleFor(workflowId, source),
    queryFn: ({ signal }) => {
      const input = { path: { id: workflowId }, body: { source }, signal }
      return api.post('/api/workflows/{id}/sample-request/preview', input)
    },
    enabled,
    gcTime: 0,
    placeholderData: (before) => before,
  })
}

export const usePutSample = (workflowId: string) =>
  useChange([queryKeys.sample(workflowId)], (sample: NewSample) => putSample(workflowId, sample))
