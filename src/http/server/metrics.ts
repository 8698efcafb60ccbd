import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Config } from '../../config.ts'
import { FINAL_STATUSES } from '../../domain/runs/run.ts'
import { STEP_KINDS } from '../../domain/runs/steps.ts'
import type { Measures } from '../../domain/shared/measures.ts'
import type { Retention } from '../../jobs/retention.ts'
import type { LoopWatch } from '../../runs/loop-watch.ts'
import type { Environments } from '../../runs/packages/environments.ts'
import type { Runner } from '../../runs/runner.ts'
import type { Store } from '../../store/store.ts'
import type { Pool } from '../../workers/pool/pool.ts'
import { counter, gauge } from './gauges.ts'
import { addNodeMetrics } from './node-metrics.ts'
import { addOperationMetrics } from './operation-metrics.ts'

export type Metrics = {
  readonly registry: Registry
  countHookAnswer(status: number): void
  stop(): void
}

export type MetricsOptions = {
  readonly store: Store
  readonly runner: Runner
  readonly pool: Pool
  readonly retention: Retention
  readonly loop: LoopWatch
  readonly environments: Pick<Environments, 'cache'>
  readonly measures: Pick<Measures, 'listen'>
  readonly config: Pick<Config, 'database'>
  readonly now: () => number
}

export function createMetrics(options: MetricsOptions): Metrics {
  const { store, runner, pool, retention, loop } = options
  const registry = new Registry()
  const registers = [registry]
  const ended = new Counter({
    name: 'workflows_runs_total',
    help: 'Runs that ended, by status',
    labelNames: ['status'],
    registers,
  })
  for (const status of FINAL_STATUSES) ended.inc({ status }, 0)
  const durations = new Histogram({
    name: 'workflows_run_duration_seconds',
    help: 'Duration of runs',
    labelNames: ['status'],
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800, 3600],
    registers,
  })
  addNodeMetrics(loop, registry)
  gauge('workflows_runs_running', 'Runs that this server executes', registers, () => runner.state.running)
  addWaiting(options, registers)
  gauge('workflows_workers', 'Live worker processes', registers, () => pool.size.workers)
  gauge('workflows_workers_limit', 'Worker processes that there may be at once', registers, () => pool.size.limit)
  gauge('workflows_spare_workers', 'Spare worker processes', registers, () => pool.size.spares)
  counter(
    'workflows_retention_deleted_runs_total',
    'Old runs that were deleted',
    registers,
    () => retention.state.deletedRuns,
  )
  gauge('workflows_database_bytes', 'Disk space used by the database, in bytes', registers, () =>
    store.upkeep.databaseBytes(),
  )
  addOperationMetrics(options, registers)
  const countOfWorkflow = addWorkflowMetrics(registers)
  const answers = new Counter({
    name: 'workflows_hook_answers_total',
    help: 'Answers to calls of hooks, by HTTP status; 0: the caller was gone',
    labelNames: ['status'],
    registers,
  })
  const failures = new Counter({
    name: 'workflows_run_failures_total',
    help: 'Runs that did not succeed, by what ended them',
    labelNames: ['code'],
    registers,
  })
  const stop = runner.onRunChange(({ workflowId, status, durationMs, code }, here) => {
    if (durationMs === null || !here) return
    ended.inc({ status })
    if (code != null) failures.inc({ code })
    durations.observe({ status }, durationMs / 1000)
    countOfWorkflow(workflowId, status, durationMs / 1000)
  })
  return { registry, stop, countHookAnswer: (status) => answers.inc({ status: String(status) }) }
}

/** The series without a label counts calls. The others count waits of durable runs on all servers. */
function addWaiting({ store, runner }: MetricsOptions, registers: Registry[]): void {
  new Gauge({
    name: 'workflows_runs_waiting',
    help: 'Calls waiting for a slot; with a kind: what waiting runs of all servers wait for',
    labelNames: ['kind'],
    registers,
    async collect() {
      this.set(runner.state.waiting)
      try {
        const counts = await store.runs.countWaits()
        for (const kind of WAITS) this.set({ kind }, counts.get(kind) ?? 0)
      } catch {
        // An unavailable database must not hide the other metrics.
        for (const kind of WAITS) this.remove({ kind })
      }
    },
  })
}

const WAITS = STEP_KINDS.filter((kind) => kind !== 'step')

/** More labels would exhaust the collector's memory. */
const MAX_WORKFLOWS = 200
const OTHERS = 'other'

function addWorkflowMetrics(registers: Registry[]): (workflow: string, status: string, seconds: number) => void {
  const runs = new Counter({
    name: 'workflows_workflow_runs_total',
    help: `Runs that ended, by workflow and status; the first ${MAX_WORKFLOWS} workflows have labels of their own`,
    labelNames: ['workflow', 'status'],
    registers,
  })
  const durations = new Histogram({
    name: 'workflows_workflow_run_duration_seconds',
    help: 'Duration of runs, by workflow',
    labelNames: ['workflow'],
    buckets: [0.05, 0.25, 1, 5, 30, 300],
    registers,
  })
  const named = new Set<string>()
  return (workflow, status, seconds) => {
    if (named.size < MAX_WORKFLOWS) named.add(workflow)
    const label = named.has(workflow) ? workflow : OTHERS
    runs.inc({ workflow: label, status })
    durations.observe({ workflow: label }, seconds)
  }
}
