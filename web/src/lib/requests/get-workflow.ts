import { useQuery } from '@tanstack/react-query'
import { api, type Schemas } from '../client/api.ts'
import { queryKeys } from '../client/query-keys.ts'

export type Workflow = Schemas['Workflow']
export type Kind = Workflow['kind']
type ShownSchedule = NonNullable<Workflow['schedule']>
type Planned = Extract<ShownSchedule, { overlap: string }>
export type Policies = Partial<Pick<Planned, 'overlap' | 'missed'>>
export type Schedule = (Times<Planned> & Policies) | Extract<ShownSchedule, { continuous: true }>
type Times<S> = S extends unknown ? Omit<S, 'overlap' | 'missed'> : never
export type SenderCheck = Omit<NonNullable<Workflow['sender_check']>, 'secrets'>
export type KeySource = NonNullable<Workflow['idempotency']>
export type Acknowledgement = NonNullable<Workflow['answer']>
export type Delivery = Pick<Workflow, 'idempotency' | 'answer' | 'retries'>

export const getWorkflow = (id: string, signal?: AbortSignal): Promise<Workflow> =>
  api.get('/api/workflows/{id}', { path: { id }, signal })

export function useWorkflow(id: string | null) {
  return useQuery({
    queryKey: queryKeys.workflow(id ?? ''),
    queryFn: ({ signal }) => getWorkflow(id ?? '', signal),
    enabled: id !== null,
  })
}
