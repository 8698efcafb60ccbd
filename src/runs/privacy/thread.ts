import { type Kept, keepOutcome, keepRequest, type PrivacyDeps } from '../../domain/privacy/personal-data.ts'
import type { PrivacyPolicy } from '../../domain/privacy/policy.ts'
import type { Outcome, RunRequest } from '../../domain/runs/run.ts'

type Common = { readonly policy: PrivacyPolicy; readonly deps: PrivacyDeps }
export type Task =
  | (Common & { readonly kind: 'request'; readonly request: RunRequest })
  | (Common & { readonly kind: 'outcome'; readonly kept: Kept; readonly outcome: Outcome })

export function redact(task: Task): Kept | Outcome {
  if (task.kind === 'outcome') return keepOutcome(task.policy, task.kept, task.outcome, task.deps)
  const { body } = task.request
  const request = { ...task.request, body: Buffer.from(body.buffer, body.byteOffset, body.byteLength) }
  return keepRequest(task.policy, request, task.deps)
}
