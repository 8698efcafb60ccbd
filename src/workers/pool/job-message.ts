/** What a worker gets of a job. */

import { availableParallelism } from 'node:os'
import type { Job } from '../../domain/run.ts'
import type { JobMessage } from '../worker/reports.ts'

const CPUS = availableParallelism()
const EMPTY = Buffer.alloc(0)

/** The message that starts a run. */
export function toMessage(job: Job): JobMessage {
  const settings = job.settings.size === 0 ? EMPTY : Buffer.from(settingsText(job.settings))
  const { request } = job
  const header = {
    cpu_seconds: Math.ceil(job.timeoutMs / 1000) * CPUS + 30,
    workflow_id: job.workflowId,
    settings: settings.length,
    request: request && { method: request.method, url: request.url, query: request.query, headers: request.headers },
  }
  return { header, parts: [request?.body ?? EMPTY, settings] }
}

/** Returns one JSON object. The values are JSON texts already and stay unchanged. */
function settingsText(settings: Job['settings']): string {
  return `{${[...settings].map(([key, text]) => `${JSON.stringify(key)}:${text}`).join(',')}}`
}
