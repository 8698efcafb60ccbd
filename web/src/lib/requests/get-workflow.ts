import { useQuery } from '@tanstack/react-query'
import { api, type Schemas } from '../api.ts'
import { queryKeys } from '../query-keys.ts'

/** `schedule`, `sender_check` and `hook_url` are null where the kind of workflow has none. */
export type Workflow = Schemas['Workflow']
export type Kind = Workflow['kind']
type ShownSchedule = NonNullable<Workflow['schedule']>
export type Policies = Partial<Pick<ShownSchedule, 'overlap' | 'missed'>>
/** The policies may be left out of a schedule that is sent. */
export type Schedule = Times<ShownSchedule> & Policies
type Times<S> = S extends unknown ? Omit<S, 'overlap' | 'missed'> : never
/** Which fields there are depends on the scheme. */
export type SenderCheck = Omit<NonNullable<Workflow['sender_check']>, 'secrets'>
export type KeySource = NonNullable<Workflow['idempotency']>
export type Acknowledgement = NonNullable<Workflow['answer']>
/** Duplicate calls, slow calls and failed background runs. */
export type Delivery = Pick<Workflow, 'idempotency' | 'answer' | 'retries'>

export const getWorkflow = (id: string, signal?: AbortSignal): Promise<Workflow> =>
  api.get('/api/workflows/{id}', { path: { id }, signal })

/** Null: there is nothing to ask for. */
export function useWorkflow(id: string | null) {
  return useQuery({
    queryKey: queryKeys.workflow(id ?? ''),
    queryFn: ({ signal }) => getWorkflow(id ?? '', signal),
    enabled: id !== null,
  })
}
