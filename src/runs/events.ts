import type { RunRequest } from '../domain/runs/run.ts'
import { bodyJson, eventJson } from '../domain/runs/wait-event.ts'
import type { Actor } from '../domain/shared/actor.ts'
import type { Received } from '../store/runs/rows/step-records.ts'
import { type Admission, getWorkflow } from './admit.ts'
import { showOf } from './execution/show.ts'
import { secretsOf } from './privacy/redact-run.ts'
import { settingsOf } from './privacy/start-settings.ts'

type Deps = { readonly admission: Admission; readonly queue: { readonly wake: () => void } }

/** `firstId` is the first attempt. */
export type PostedEvent = {
  readonly firstId: string
  readonly name: string
  readonly request: RunRequest
  /** Null: posted to the URL. */
  readonly by: Actor | null
}

export async function receiveEvent({ admission, queue }: Deps, event: PostedEvent): Promise<Received> {
  const { firstId, name, request, by } = event
  const { store, privacy, redactors } = admission.deps
  const run = await store.runs.get(firstId)
  if (run === null || run.durable === null) return 'unknown'
  const workflow = await getWorkflow(store, run.workflowId)
  const { snapshot, former } = await settingsOf(store, workflow)
  const kept = await privacy.keep(workflow, null)
  const shown = await showOf(redactors, kept, bodyJson(request), secretsOf(workflow, snapshot, former))
  const now = store.servers.sharedNow()
  const received = await store.runs.receiveEvent({ firstId, name, json: eventJson(request, name, now), shown, by, now })
  if (received === 'received') queue.wake()
  return received
}
