import type { ServerApi } from './server.ts'
import { must, until } from './workflows.ts'

export type TrialBody = {
  readonly id: string
  readonly status: string
  readonly version: number | null
  readonly total: number
  readonly counts: Readonly<Record<string, number>>
  readonly finished_at: string | null
}
export type CaseBody = {
  readonly run_id: string
  readonly trial_run_id: string | null
  readonly verdict: string
  readonly reason: string | null
  readonly would_send: readonly unknown[]
  readonly differences: readonly { readonly path: string; readonly old: unknown; readonly new: unknown }[]
}

export const startTrial = async (server: ServerApi, workflowId: string, body: object): Promise<TrialBody> =>
  await must(server.api<TrialBody>('POST', `/api/workflows/${workflowId}/trials`, body), 202)

export const endedTrial = async (server: ServerApi, id: string, timeoutMs?: number): Promise<TrialBody> =>
  await until(async () => {
    const trial = await must(server.api<TrialBody>('GET', `/api/trials/${id}`), 200)
    return trial.status !== 'running' && trial
  }, timeoutMs)

export async function tryOut(
  server: ServerApi,
  workflowId: string,
  body: object,
): Promise<{ readonly trial: TrialBody; readonly cases: readonly CaseBody[] }> {
  const { id } = await startTrial(server, workflowId, body)
  const trial = await endedTrial(server, id)
  const { data } = await must(server.api<{ data: CaseBody[] }>('GET', `/api/trials/${id}/cases?limit=200`), 200)
  return { trial, cases: data }
}
