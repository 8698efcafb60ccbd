import type { StepKind, StepStatus } from '../../../domain/runs/steps.ts'
import type { TaskStatus } from '../../../domain/tasks/task.ts'

/** A stored call. `run_id` is the first attempt. */
export type RunStepRow = {
  run_id: string
  kind: StepKind
  name_json: string
  number: number
  workflow_id: string
  position: number
  /** `received`: the event came before the wait. */
  status: StepStatus | 'received'
  data: Uint8Array | null
  shown: Uint8Array | null
  attempts: number
  started_at: number
  finished_at: number | null
  until: number | null
  part: number
  attempt: number
  is_end: 0 | 1
  child_id: string | null
}

export type TaskRow = {
  id: string
  first_id: string
  run_id: string
  workflow_id: string
  name_json: string
  status: TaskStatus
  shown: Uint8Array | null
  answer: Uint8Array | null
  created_at: number
  due_at: number
}

export type TaskTables = {
  tasks: TaskRow
  task_people: { who: string; task_id: string }
  run_starters: { run_id: string; person_id: string; email: string }
  role_changes: { person_id: string; at: number }
}
