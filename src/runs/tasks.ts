import type { Actor } from '../domain/shared/actor.ts'
import { checkAnswer, type Task, type TaskAnswer } from '../domain/tasks/task.ts'
import type { AuditEntry } from '../store/audit/audit.ts'
import { type Admission, getWorkflow } from './admit.ts'
import { showOf, showText } from './execution/show.ts'
import { secretsOf } from './privacy/redact-run.ts'
import { settingsOf } from './privacy/start-settings.ts'

type Deps = { readonly admission: Admission; readonly queue: { readonly wake: () => void } }

export type GivenAnswer = Pick<TaskAnswer, 'choice' | 'reason' | 'fields'> & {
  readonly taskId: string
  readonly by: Actor
}

/** The transaction that stores the answer and its audit line checks who may answer. */
export async function answerTask({ admission, queue }: Deps, { taskId, by, ...given }: GivenAnswer): Promise<Task> {
  const { store, privacy, redactors, now } = admission.deps
  const at = store.servers.sharedNow()
  const asked = await store.tasks.find(taskId, at)
  const problem = checkAnswer(asked, given)
  const workflow = await getWorkflow(store, asked.workflowId)
  const { snapshot, former } = await settingsOf(store, workflow)
  const secrets = secretsOf(workflow, snapshot, former)
  const kept = await privacy.keep(workflow, null)
  const { choice, reason, fields } = given
  const shown = {
    choice,
    reason: reason === null ? null : await showText(redactors, kept, reason, secrets),
    fields: fields && JSON.parse(await showOf(redactors, kept, JSON.stringify(fields), secrets)),
  }
  const task = await store.together(async (tx) => {
    const answered = await tx.tasks.answer({ id: taskId, actor: by, given, shown, problem, now: at })
    await tx.audit.add(lineOf(answered, by, now()))
    return answered
  })
  queue.wake()
  return task
}

function lineOf({ id, runId, name, workflowId, answer }: Task, by: Actor, at: number): AuditEntry {
  const reason = answer?.reason == null ? '' : `: ${answer.reason}`
  const detail = `${JSON.stringify(answer?.choice)} to ${JSON.stringify(name)} (${id} of ${runId})${reason}`
  return { at, by, action: 'task.answer', workflowId, detail }
}
