/** A past run's ended waits, as the API shows them: without headers of events. */

import { parseJson } from '../../domain/json/exact-numbers.ts'
import { isObject } from '../../domain/json/is-object.ts'
import type { TestAnswer } from '../../domain/runs/test-answers.ts'
import type { Answerer, TaskAnswer } from '../../domain/tasks/task.ts'
import type { ListedStep } from '../../store/runs/rows/step-records.ts'
import type { StoreUse } from '../../store/store.ts'

type Reads = StoreUse<{ runs: 'listSteps'; tasks: 'find'; servers: 'sharedNow' }>

export async function answersOfRun(store: Reads, runId: string): Promise<readonly TestAnswer[]> {
  const answers: TestAnswer[] = []
  for (const step of await store.runs.listSteps(runId)) {
    const { kind, name, finishedAt, taskId } = step
    const end = endOf(step)
    if ((kind !== 'event' && kind !== 'task') || end === null) continue
    const proposed = taskId === null ? null : await proposedBy(store, taskId)
    answers.push({ kind, name, value: end.value, original: { at: finishedAt ?? 0, by: end.by, proposed } })
  }
  return answers
}

/** A decision's first choice is the proposed outcome. */
async function proposedBy(store: Reads, taskId: string): Promise<string | null> {
  const { choices } = await store.tasks.find(taskId, store.servers.sharedNow())
  return choices[0] ?? null
}

type End = { readonly value: unknown; readonly by: Answerer | null }

const timedOut: End = { value: { timed_out: true }, by: null }

/** Null: the wait did not end, or its end was deleted. */
function endOf(step: ListedStep): End | null {
  const { kind, status, shown } = step
  if (status === 'timed_out') return hasPassed(step) ? timedOut : null
  if (status !== 'done' || shown === null) return null
  // An event without a body is shown as null.
  if (kind === 'event') return { value: shown === 'null' ? { headers: {} } : { body: parseJson(shown) }, by: null }
  const answer: unknown = JSON.parse(shown)
  return isAnswer(answer)
    ? { value: { choice: answer.choice, reason: answer.reason, fields: answer.fields }, by: answer.by }
    : null
}

/** Redaction may have replaced the answer. */
const isAnswer = (shown: unknown): shown is TaskAnswer => isObject(shown) && isObject(shown.by)

/** If another event came first, the time has not passed. */
const hasPassed = ({ until, finishedAt }: ListedStep): boolean => (finishedAt ?? 0) >= (until ?? 0)
