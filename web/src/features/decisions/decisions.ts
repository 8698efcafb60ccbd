import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { addressOf, api, type Schemas } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'
import { usePages } from '../../lib/client/use-pages.ts'

export type Decision = Schemas['Decision']
export type Explanation = Schemas['Explanation']
export type Oversight = 'pending' | 'agreed' | 'overruled' | 'none'
export type DecisionFilter = {
  readonly workflow_id: string | null
  readonly subject: string
  readonly outcome: string
  readonly oversight: Oversight | null
}

const LOOK_MS = 1000

const queryOf = ({ workflow_id, subject, outcome, oversight }: DecisionFilter) => ({
  workflow_id,
  subject: subject.trim() || null,
  outcome: outcome.trim() || null,
  oversight,
})

export const useDecisions = (filter: DecisionFilter) =>
  usePages(queryKeys.decisionList(filter), ({ cursor, signal }) =>
    api.get('/api/decisions', { query: { ...queryOf(filter), cursor }, signal }),
  )

export function useDecision(id: string) {
  return useQuery({
    queryKey: queryKeys.decision(id),
    queryFn: ({ signal }) => api.get('/api/decisions/{id}', { path: { id }, signal }),
  })
}

export function useFigures(workflowId: string | null) {
  return useQuery({
    queryKey: queryKeys.oversight(workflowId),
    queryFn: ({ signal }) => api.get('/api/decisions/oversight', { query: { workflow_id: workflowId }, signal }),
  })
}

export type ImpactFilter = { readonly workflow_id: string | null; readonly outcome: string; readonly by: string }

export function useImpact(filter: ImpactFilter) {
  return useQuery({
    queryKey: queryKeys.impact(filter),
    queryFn: ({ signal }) => api.get('/api/decisions/impact', { query: filter, signal }),
    enabled: filter.outcome !== '' && filter.by !== '',
  })
}

export const exportUrl = (workflowId: string | null): string =>
  addressOf('/api/decisions/export', { query: { workflow_id: workflowId } })

export const bundleUrl = (id: string): string => addressOf('/api/decisions/{id}/bundle', { path: { id } })

export function useVerify() {
  return useMutation({
    mutationFn: (workflowId: string | null) =>
      api.post('/api/decisions/verify', { body: workflowId === null ? {} : { workflow_id: workflowId } }),
  })
}

export function useExplanations(decisionId: string) {
  return useQuery({
    queryKey: queryKeys.explanations(decisionId),
    queryFn: ({ signal }) => api.get('/api/decisions/{id}/explanations', { path: { id: decisionId }, signal }),
    refetchInterval: ({ state }) => (state.data?.data[0]?.status === 'running' ? LOOK_MS : false),
  })
}

export function useExplain(decisionId: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => api.post('/api/decisions/{id}/explain', { path: { id: decisionId }, body: {} }),
    onSuccess: () => client.invalidateQueries({ queryKey: queryKeys.explanations(decisionId) }),
  })
}

export const letterUrl = (id: string, language: 'en' | 'fr'): string =>
  `/api/explanations/${encodeURIComponent(id)}?as=letter&language=${language}`
