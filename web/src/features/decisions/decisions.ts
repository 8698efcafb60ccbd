import { useMutation } from '@tanstack/react-query'
import { addressOf, api, type Schemas } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'
import { useChange } from '../../lib/client/use-change.ts'
import { useGet } from '../../lib/client/use-get.ts'
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

export const useDecision = (id: string) => useGet(queryKeys.decision(id), ['/api/decisions/{id}', { path: { id } }])

export const useFigures = (workflowId: string | null) =>
  useGet(queryKeys.oversight(workflowId), ['/api/decisions/oversight', { query: { workflow_id: workflowId } }])

export type ImpactFilter = { readonly workflow_id: string | null; readonly outcome: string; readonly by: string }

export const useImpact = (filter: ImpactFilter) =>
  useGet(queryKeys.impact(filter), ['/api/decisions/impact', { query: filter }], {
    enabled: filter.outcome !== '' && filter.by !== '',
  })

export const exportUrl = (workflowId: string | null): string =>
  addressOf('/api/decisions/export', { query: { workflow_id: workflowId } })

export const bundleUrl = (id: string): string => addressOf('/api/decisions/{id}/bundle', { path: { id } })

export function useVerify() {
  return useMutation({
    mutationFn: (workflowId: string | null) =>
      api.post('/api/decisions/verify', { body: workflowId === null ? {} : { workflow_id: workflowId } }),
  })
}

export const useExplanations = (decisionId: string) =>
  useGet(queryKeys.explanations(decisionId), ['/api/decisions/{id}/explanations', { path: { id: decisionId } }], {
    refetchInterval: ({ state }) => (state.data?.data[0]?.status === 'running' ? LOOK_MS : false),
  })

export const useExplain = (decisionId: string) =>
  useChange([queryKeys.explanations(decisionId)], () =>
    api.post('/api/decisions/{id}/explain', { path: { id: decisionId }, body: {} }),
  )

export const letterUrl = (id: string, language: 'en' | 'fr'): string =>
  `/api/explanations/${encodeURIComponent(id)}?as=letter&language=${language}`
