import { type Answer, api, type Schemas } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'
import { useChange } from '../../lib/client/use-change.ts'
import { useGet } from '../../lib/client/use-get.ts'
import type { Run } from '../../lib/requests/runs/run.ts'

export type Trial = Answer<'get', '/api/trials/{id}'>
export type NewTrial = Schemas['TrialCreate']
export type TrialCase = Answer<'get', '/api/trials/{id}/cases'>['data'][number]
export type Verdict = TrialCase['verdict']

/** Similar failures in the trial of a failed run. */
export const LIKE_IT = 20
const MAX_CASES = 200
const LOOK_MS = 1000

export const useTrials = (workflowId: string) =>
  useGet(queryKeys.trials(workflowId), [
    '/api/workflows/{id}/trials',
    { path: { id: workflowId }, query: { limit: 20 } },
  ])

export const useTrial = (id: string) =>
  useGet(queryKeys.trial(id), ['/api/trials/{id}', { path: { id } }], {
    refetchInterval: ({ state: { data } }) => (data?.status === 'running' ? LOOK_MS : false),
  })

/** `done` triggers a refetch. */
export const useCases = (id: string, verdict: Verdict, done: number) =>
  useGet(
    queryKeys.trialCases(id, verdict, done),
    ['/api/trials/{id}/cases', { path: { id }, query: { verdict, limit: MAX_CASES } }],
    { enabled: done > 0, placeholderData: (before) => before },
  )

export const useStartTrial = (workflowId: string) =>
  useChange([queryKeys.trials(workflowId)], (trial: NewTrial) =>
    api.post('/api/workflows/{id}/trials', { path: { id: workflowId }, body: trial }),
  )

export const useCancelTrial = (id: string) =>
  useChange([queryKeys.trial(id)], () => api.post('/api/trials/{id}/cancel', { path: { id }, body: {} }))

export function useDeployCandidate(id: string) {
  const refreshed = [queryKeys.workflow(id), queryKeys.versions(id)]
  return useChange(refreshed, ({ version, force }: { version: number; force: boolean }) => {
    const path = { id, number: String(version) }
    return api.post('/api/workflows/{id}/versions/{number}/deploy', { path, body: { force } })
  })
}

/** The same failure code, this run first. */
export async function findRunsLike(workflowId: string, run: Pick<Run, 'id' | 'code' | 'retry_of'>, more: number) {
  const { data } = await api.get('/api/workflows/{id}/runs', {
    path: { id: workflowId },
    query: { failing: true, limit: 200 },
  })
  // Attempts of a call share one request.
  const calls = new Set([run.retry_of ?? run.id])
  const others = data.filter(({ id, code, retry_of }) => {
    const call = retry_of ?? id
    const isNew = code === run.code && !calls.has(call)
    if (isNew) calls.add(call)
    return isNew
  })
  return [run.id, ...others.slice(0, more).map(({ id }) => id)]
}
