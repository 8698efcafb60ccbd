import type { Schemas } from '../client/api.ts'
import { queryKeys } from '../client/query-keys.ts'
import { useGet } from '../client/use-get.ts'

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

export const useWorkflow = (id: string | null) =>
  useGet(queryKeys.workflow(id ?? ''), ['/api/workflows/{id}', { path: { id: id ?? '' } }], { enabled: id !== null })
