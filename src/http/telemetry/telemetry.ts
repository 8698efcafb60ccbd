import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { OtlpConfig } from '../../config.ts'
import { callSpans, stageSpans } from '../../domain/runs/trace.ts'
import type { Runner } from '../../runs/runner.ts'
import type { StoreUse } from '../../store/store.ts'
import type { RunSpans } from './run-spans.ts'
import { createWarn } from './warnings.ts'

export type TelemetryOptions = {
  readonly otlp: OtlpConfig | null
  readonly store: StoreUse<{ runs: 'get' | 'listCalls' }>
  readonly runner: Pick<Runner, 'onRunChange'>
  readonly registry: Registry
  readonly log: Logger
}

export type Telemetry = {
  close(): Promise<void>
}

/** Further spans are dropped to spare a slow database. */
const MAX_UNDER_WAY = 100
const CLOSE_MS = 3000

export async function startTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const { otlp, store, runner, registry, log } = options
  if (otlp === null) return { close: async () => {} }
  const { createSender } = await import('./otlp.ts')
  const sender = createSender(otlp, registry, createWarn(log))
  const underWay = new Set<Promise<void>>()
  const stop = runner.onRunChange(({ runId, durationMs }, here) => {
    if (!here || durationMs === null || underWay.size >= MAX_UNDER_WAY) return
    const work: Promise<void> = readSpans(store, runId)
      .then((spans) => {
        if (spans !== null) sender.send(spans)
      })
      .catch((error: unknown) => log.warn({ err: error }, 'the spans of a run could not be read'))
      .finally(() => underWay.delete(work))
    underWay.add(work)
  })
  return {
    async close() {
      stop()
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, CLOSE_MS)
      })
      await Promise.race([late, Promise.all(underWay).then(() => sender.close())])
      clearTimeout(timer)
    },
  }
}

async function readSpans(store: TelemetryOptions['store'], runId: string): Promise<RunSpans | null> {
  const run = await store.runs.get(runId)
  if (run === null || run.traceId === null) return null
  const { calls, leftOut } = await store.runs.listCalls(runId)
  const { traceId, workflowId, trigger, traceParentId } = run
  const spans = [...stageSpans(run, traceParentId), ...callSpans(runId, calls, leftOut)]
  return { traceId, runId, workflowId, isHook: trigger === 'hook', spans }
}
