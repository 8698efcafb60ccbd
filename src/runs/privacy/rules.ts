import type { Kept, PrivacyDeps } from '../../domain/privacy/personal-data.ts'
import type { Outcome, RunRequest } from '../../domain/runs/run.ts'
import type { Workflow } from '../../domain/workflows/workflow.ts'
import { UserError } from '../../errors.ts'
import { importInTurns } from '../../imports/import-in-turns.ts'
import { createFairThreads, ThreadError } from '../../workers/threads/fair-threads.ts'
import type { Task } from './thread.ts'

export type KeptRun = {
  readonly kept: Kept
  readonly line: (text: string) => string
  outcome(outcome: Outcome): Promise<Outcome>
}

export type PrivacyRules = {
  keep(workflow: Pick<Workflow, 'id' | 'privacy'>, request: RunRequest | null): Promise<KeptRun | null>
  preview(workflow: Pick<Workflow, 'id' | 'privacy'>, request: RunRequest): Promise<RunRequest>
  close(): Promise<void>
}

/** 64 KiB of JSON with all detectors took 9 ms. */
const MAX_BYTES_HERE = 64 * 1024
/** 12 MiB of JSON with 1.2 million members took 2 s. */
const MAX_REDACT_MS = 5000

/** Loading took 0.13 s of each start. */
async function loadDetectors(): Promise<typeof import('../../domain/privacy/personal-data.ts')> {
  await importInTurns(import.meta.resolve('../../domain/privacy/personal-data.ts'))
  return await import('../../domain/privacy/personal-data.ts')
}

export function createPrivacyRules({ key, now }: { key: Uint8Array; now: () => number }): PrivacyRules {
  const threads = createFairThreads<Task, unknown>({
    module: new URL('./thread.ts', import.meta.url),
    maxRunMs: MAX_REDACT_MS,
  })
  const inThread = async (owner: string, task: Task): Promise<unknown> => {
    try {
      return await threads.run({ owner, does: 'redact', task, isOwed: task.kind === 'outcome' })
    } catch (error) {
      if (!(error instanceof ThreadError) || error.reason !== 'full') return null
      throw new UserError(
        'busy',
        'Many large requests of this workflow are being redacted already. Call again later.',
        {
          retryAfterSeconds: 5,
        },
      )
    }
  }
  const keep: PrivacyRules['keep'] = async ({ id, privacy: policy }, request) => {
    if (policy === null) return null
    const { keepOutcome, keepRequest, lineRedactor, maskOutcome, maskRequest } = await loadDetectors()
    const deps: PrivacyDeps = { key, year: new Date(now()).getUTCFullYear() }
    const keepLarge = async (large: RunRequest) => {
      const kept = (await inThread(id, { kind: 'request', policy, request: large, deps })) as Kept | null
      return kept === null ? maskRequest(policy, large, deps) : withBuffer(kept, large)
    }
    const kept =
      request === null || request.body.length <= MAX_BYTES_HERE
        ? keepRequest(policy, request, deps)
        : await keepLarge(request)
    const keepLargeOutcome = async (outcome: Outcome) => {
      const task = { kind: 'outcome', policy, kept: { ...kept, request: null }, outcome, deps } as const
      return ((await inThread(id, task)) as Outcome | null) ?? maskOutcome(policy, outcome, deps)
    }
    return {
      kept,
      line: lineRedactor(policy, kept, deps),
      outcome: async (outcome) =>
        sizeOf(outcome) <= MAX_BYTES_HERE ? keepOutcome(policy, kept, outcome, deps) : await keepLargeOutcome(outcome),
    }
  }
  return {
    keep,
    preview: async (workflow, request) => (await keep(workflow, request))?.kept.request ?? request,
    close: () => threads.close(),
  }
}

/** The thread returns bytes without Node's Buffer type. */
function withBuffer(kept: Kept, given: RunRequest): Kept {
  const { request } = kept
  if (request === null || request.redacted !== true) return { ...kept, request: given }
  const { buffer, byteOffset, byteLength } = request.body
  return { ...kept, request: { ...request, body: Buffer.from(buffer, byteOffset, byteLength) } }
}

function sizeOf({ response, result, logs, message, traceback, calls = [] }: Outcome): number {
  const texts = [response?.body, result, message, traceback].map((text) => text?.length ?? 0)
  const recorded = calls.map(({ exchange }) =>
    exchange === null ? 0 : exchange.requestBody.text.length + exchange.responseBody.text.length,
  )
  return [...texts, ...recorded, ...logs.map(({ text }) => text.length)].reduce((sum, length) => sum + length, 0)
}
