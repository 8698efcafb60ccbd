/** Applies the privacy policies of workflows to runs. Large requests and answers are redacted in a thread. */

import { Piscina } from 'piscina'
import type { Kept, PrivacyDeps } from '../../domain/privacy/personal-data.ts'
import type { Outcome, RunRequest } from '../../domain/run.ts'
import type { Workflow } from '../../domain/workflow.ts'
import { UserError } from '../../errors.ts'
import { importInTurns } from '../../imports/import-in-turns.ts'
import type { Task } from './thread.ts'

/** What a run with a policy stores. */
export type KeptRun = {
  readonly kept: Kept
  /** Redacts one line of the log. */
  readonly line: (text: string) => string
  /** Returns the outcome as it is stored. */
  outcome(outcome: Outcome): Promise<Outcome>
}

export type PrivacyRules = {
  /** Applies the workflow's policy to the request of a run; null when the workflow has none. */
  keep(workflow: Pick<Workflow, 'privacy'>, request: RunRequest | null): Promise<KeptRun | null>
  /** The request as a policy lets it be stored: the given one when that changes nothing. */
  preview(workflow: Pick<Workflow, 'privacy'>, request: RunRequest): Promise<RunRequest>
  /** Ends its thread. */
  close(): Promise<void>
}

/** 64 KiB of JSON with all detectors took 9 ms; beyond that, a thread does it. */
const MAX_BYTES_HERE = 64 * 1024
/** A thread that has nothing to do ends after this time. */
const IDLE_MS = 30_000
/** Each waiting task holds a body. More than this means that requests arrive faster than they are redacted. */
const MAX_WAITING = 100

/** Loaded with the first policy, since it took 0.13 s of each start. */
async function loadDetectors(): Promise<typeof import('../../domain/privacy/personal-data.ts')> {
  await importInTurns(import.meta.resolve('../../domain/privacy/personal-data.ts'))
  return await import('../../domain/privacy/personal-data.ts')
}

/** `key`: the installation's, under which values are hashed. */
export function createPrivacyRules({ key, now }: { key: Uint8Array; now: () => number }): PrivacyRules {
  let threads: Piscina<Task, unknown> | null = null
  const inThread = async (task: Task): Promise<unknown> => {
    threads ??= new Piscina<Task, unknown>({
      filename: new URL('./thread.ts', import.meta.url).href,
      minThreads: 0,
      maxThreads: 1,
      idleTimeout: IDLE_MS,
      maxQueue: MAX_WAITING,
    })
    try {
      return await threads.run(task, { name: 'redact' })
    } catch (error) {
      if (!(error instanceof Error) || !error.message.includes('queue')) throw error
      throw new UserError('busy', `${MAX_WAITING} large requests are being redacted already. Call again later.`, {
        retryAfterSeconds: 5,
      })
    }
  }
  const keep: PrivacyRules['keep'] = async ({ privacy: policy }, request) => {
    if (policy === null) return null
    const { keepOutcome, keepRequest, lineRedactor } = await loadDetectors()
    const deps: PrivacyDeps = { key, year: new Date(now()).getUTCFullYear() }
    const kept =
      request === null || request.body.length <= MAX_BYTES_HERE
        ? keepRequest(policy, request, deps)
        : withBuffer((await inThread({ kind: 'request', policy, request, deps })) as Kept, request)
    return {
      kept,
      line: lineRedactor(policy, kept, deps),
      outcome: async (outcome) =>
        sizeOf(outcome) <= MAX_BYTES_HERE
          ? keepOutcome(policy, kept, outcome, deps)
          : ((await inThread({
              kind: 'outcome',
              policy,
              kept: { ...kept, request: null },
              outcome,
              deps,
            })) as Outcome),
    }
  }
  return {
    keep,
    preview: async (workflow, request) => (await keep(workflow, request))?.kept.request ?? request,
    async close() {
      await threads?.destroy()
    },
  }
}

/** Another thread returns bytes without Node's own type; a request in which it found nothing is the one that was given. */
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
