import { availableParallelism } from 'node:os'
import { importedNames } from '../../domain/packages/imported-names.ts'
import type { CallOptions } from '../../domain/runs/outgoing.ts'
import type { Job, JobSteps } from '../../domain/runs/run.ts'
import { languageOf } from '../../domain/shared/language.ts'
import type { JobMessage } from '../worker/reports.ts'
import type { GroupSpec } from './group.ts'
import type { LoadJob } from './pool.ts'

const CPUS = availableParallelism()
const EMPTY = Buffer.alloc(0)
const NO_CALLS: CallOptions = { traceId: null, propagate: false, record: false, answers: [] }

export function toSpec(job: LoadJob): GroupSpec {
  const { kind, source, files, memoryBytes: memory, variables, outbound = 'live' } = job
  const durable = job.durable === true ? { durable: true as const } : {}
  const message = { kind, source, files, reuse: job.isolation === 'reuse', memory, variables, outbound, ...durable }
  const { runtime, environment, workflowId, versionKey, egress } = job
  return { runtime, environment, workflowId, versionKey, egress, message: { ...message, imports: importsOf(job) } }
}

/** An imported package could read a workflow's variables, or send what a trial forbids. */
function importsOf({ source, files, environment, runtime, variables, outbound = 'live' }: LoadJob): readonly string[] {
  const mayImport = environment !== null && languageOf(runtime) === 'python' && outbound === 'live'
  return mayImport && Object.keys(variables).length === 0 ? importedNames({ source, files }) : []
}

export function toMessage(job: Job): JobMessage {
  const settings = job.settings.size === 0 ? EMPTY : Buffer.from(settingsText(job.settings))
  const { request, calls: { traceId, propagate, record, answers } = NO_CALLS } = job
  const recorded = answers.length === 0 ? EMPTY : Buffer.from(JSON.stringify(answers))
  const steps = job.steps && Buffer.from(storedText(job.steps))
  const header = {
    cpu_seconds: Math.ceil(job.timeoutMs / 1000) * CPUS + 30,
    workflow_id: job.workflowId,
    settings: settings.length,
    calls: { trace: traceId, propagate, record, answers: recorded.length },
    ...(job.steps && steps && { steps: { ...optionsOf(job.steps), bytes: steps.length } }),
    request: request && { method: request.method, url: request.url, query: request.query, headers: request.headers },
  }
  return { header, parts: [request?.body ?? EMPTY, settings, recorded, ...(steps ? [steps] : [])] }
}

const optionsOf = ({ key, skipsWaits, mark, urls, overseen }: JobSteps) => ({
  key,
  skip_waits: skipsWaits,
  mark,
  wait_key: urls.key,
  wait_url: urls.base,
  overseen,
})

function storedText({ stored }: JobSteps): string {
  return JSON.stringify(
    stored.map(({ kind, name, number, status, until, attempts, isLogged, json }) => [
      kind,
      name,
      number,
      status,
      until,
      attempts,
      isLogged ? 1 : 0,
      json,
    ]),
  )
}

/** The values are already JSON texts. */
function settingsText(settings: Job['settings']): string {
  return `{${[...settings].map(([key, text]) => `${JSON.stringify(key)}:${text}`).join(',')}}`
}
