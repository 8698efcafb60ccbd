/** Questions of a part that waits for people. */

import type { Outcome } from '../../domain/runs/run.ts'
import { type Question, readQuestion, TASK_LIMITS } from '../../domain/tasks/task.ts'
import type { Redactors } from '../privacy/redact-run.ts'
import type { KeptRun } from '../privacy/rules.ts'
import { showOf, showText } from './show.ts'

/** Returns the failure of a part whose questions are invalid, or the outcome as it is. */
export function refuseQuestions(outcome: Outcome): Outcome {
  const asked = (outcome.waits ?? []).filter(({ kind }) => kind === 'task')
  for (const [index, { name, json }] of asked.entries()) {
    const question = readQuestion(json)
    const problem = typeof question === 'string' ? question : `a run may have ${TASK_LIMITS.open} open tasks`
    if (typeof question !== 'string' && index < TASK_LIMITS.open) continue
    const message = `The question of ask(${JSON.stringify(name)}) is invalid: ${problem}. It was not asked`
    return { ...outcome, status: 'failed', code: 'invalid_step', message }
  }
  return outcome
}

/** Returns the questions by name, without secrets and without what privacy rules remove from answers. */
export async function showQuestions(
  redactors: Redactors,
  kept: KeptRun | null,
  outcome: Outcome,
  secrets: readonly string[],
): Promise<ReadonlyMap<string, Question>> {
  const shown = new Map<string, Question>()
  const show = async (text: string | null) => (text === null ? null : await showText(redactors, kept, text, secrets))
  for (const { kind, name, json } of outcome.waits ?? []) {
    const question = kind === 'task' ? readQuestion(json) : ''
    if (typeof question === 'string') continue
    const { title, text, data } = question
    const shownData = data === null ? null : await showOf(redactors, kept, data, secrets)
    shown.set(name, { ...question, title: (await show(title)) ?? '', text: await show(text), data: shownData })
  }
  return shown
}
