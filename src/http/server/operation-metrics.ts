import { statfs } from 'node:fs/promises'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { COMMIT, VERSION } from '../../config/version.ts'
import type { Config } from '../../config.ts'
import type { Measure, Measures } from '../../domain/shared/measures.ts'
import type { Environments } from '../../runs/packages/environments.ts'
import type { Store, StoreUse } from '../../store/store.ts'
import type { Pool } from '../../workers/pool/pool.ts'
import { gauge } from './gauges.ts'

export type OperationMetricsOptions = {
  readonly store: StoreUse<{ servers: 'readQueue' | 'connections' | 'clockOffset' }>
  readonly pool: Pick<Pool, 'sandbox' | 'freeMemory'>
  readonly environments: Pick<Environments, 'cache'>
  readonly measures: Pick<Measures, 'listen'>
  readonly config: Pick<Config, 'database'>
  readonly now: () => number
}

export function addOperationMetrics(options: OperationMetricsOptions, registers: Registry[]): void {
  addBuildInfo(options, registers)
  addQueue(options, registers)
  addConnections(options.store, registers)
  gauge('workflows_disk_free_bytes', 'Free space of the disk with the data directory', registers, async () => {
    const { bavail, bsize } = await statfs(options.config.database.dataDir)
    return bavail * bsize
  })
  const cache = 'Disk space of packages that no environment uses; 0 until it was measured'
  gauge('workflows_package_cache_bytes', cache, registers, () => options.environments.cache.bytes ?? 0)
  const offset = "How far the database's clock is ahead of this server's; 0: within a second"
  gauge('workflows_clock_offset_seconds', offset, registers, () => options.store.servers.clockOffset() / 1000)
  const memory = "Memory that is left for functions: of the machine, or of the server's container where that is less"
  if (options.pool.freeMemory !== null)
    gauge('workflows_memory_free_bytes', memory, registers, () => options.pool.freeMemory ?? 0)
  const count = createCounts(registers)
  const observe = createDurations(registers)
  const noteTimes = addTimes(registers, options.now)
  options.measures.listen((measure) => {
    count(measure)
    observe(measure)
    noteTimes(measure)
  })
}

function addBuildInfo({ pool, config }: OperationMetricsOptions, registers: Registry[]): void {
  const labels = {
    version: VERSION,
    commit: COMMIT ?? '',
    database: config.database.databaseUrl === null ? 'sqlite' : 'postgres',
    sandbox: pool.sandbox.tier,
  }
  new Gauge({
    name: 'workflows_build_info',
    help: 'Always 1: which version this is, and how it runs',
    labelNames: ['version', 'commit', 'database', 'sandbox'],
    registers,
  }).set(labels, 1)
}

function addQueue({ store, now }: OperationMetricsOptions, registers: Registry[]): void {
  let reading: ReturnType<Store['servers']['readQueue']> | null = null
  const read = () => {
    reading ??= store.servers.readQueue(now()).finally(() => {
      reading = null
    })
    return reading
  }
  const runs = 'Queued runs whose time has come, on all servers; at most 10,000 are counted'
  gauge('workflows_queue_runs', runs, registers, async () => (await read()).runs)
  const oldest = 'How long the oldest queued run has waited past its time, on all servers'
  gauge('workflows_queue_oldest_seconds', oldest, registers, async () => (await read()).oldestMs / 1000)
}

function addConnections(store: OperationMetricsOptions['store'], registers: Registry[]): void {
  if (store.servers.connections() === null) return
  new Gauge({
    name: 'workflows_database_connections',
    help: 'Connections of the main pool by state; waiting: units of work without one',
    labelNames: ['state'],
    registers,
    collect() {
      const { busy = 0, idle = 0, waiting = 0, limit = 0 } = store.servers.connections() ?? {}
      for (const [state, value] of Object.entries({ busy, idle, waiting, limit })) this.set({ state }, value)
    },
  })
}

function createCounts(registers: Registry[]): (measure: Measure) => void {
  const make = (name: string, help: string, labelNames: readonly string[] = []) =>
    new Counter({ name, help, labelNames: [...labelNames], registers })
  const database = make('workflows_database_failures_total', 'Units of the database that failed', ['call'])
  const leases = make('workflows_lease_failures_total', 'Renewals of the lease that failed')
  const fences = make('workflows_fences_total', 'Times that this server ended its runs, as its lease was not renewed')
  const lost = make('workflows_lost_runs_total', 'Runs of servers that were gone, found by this server')
  const ticks = make('workflows_ticks_total', 'Ticks that this server decided, by outcome', ['outcome'])
  const builds = make('workflows_environment_builds_total', 'Environments that were built, by result', ['result'])
  const sandboxes = make('workflows_sandbox_failures_total', 'Sandboxes that could not be started')
  const waits = make('workflows_memory_waits_total', 'Times that runs of a workflow waited, as memory was short')
  const kills = make('workflows_memory_kills_total', 'Runs that the kernel ended, as memory ran out')
  const refusals = make('workflows_egress_refusals_total', 'Destinations that functions were refused')
  const alerts = make('workflows_alert_attempts_total', 'Attempts to send an alert, by result', ['result'])
  const backups = make('workflows_backups_total', 'Scheduled backups, by result', ['result'])
  for (const one of [builds, alerts, backups]) for (const result of ['ok', 'failed']) one.inc({ result }, 0)
  const resultOf = ({ isFailed }: { isFailed: boolean }) => ({ result: isFailed ? 'failed' : 'ok' })
  return (measure) => {
    if (measure.kind === 'database') {
      if (measure.isFailed) database.inc({ call: measure.call })
    } else if (measure.kind === 'lease') {
      if (measure.problem !== null) leases.inc()
    } else if (measure.kind === 'fenced') fences.inc()
    else if (measure.kind === 'lost') lost.inc(measure.count)
    else if (measure.kind === 'tick') ticks.inc({ outcome: measure.outcome })
    else if (measure.kind === 'build') builds.inc(resultOf(measure))
    else if (measure.kind === 'sandbox_failed') sandboxes.inc()
    else if (measure.kind === 'memory_short') waits.inc()
    else if (measure.kind === 'memory_kill') kills.inc()
    else if (measure.kind === 'egress_refused') refusals.inc(measure.count)
    else if (measure.kind === 'alert') alerts.inc(resultOf(measure))
    else if (measure.kind === 'backup') backups.inc(resultOf(measure))
  }
}

function createDurations(registers: Registry[]): (measure: Measure) => void {
  const database = new Histogram({
    name: 'workflows_database_seconds',
    help: 'From the call of a unit of the database to its end, waiting for a connection and the flush included',
    labelNames: ['call'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers,
  })
  const wakes = new Histogram({
    name: 'workflows_wake_lateness_seconds',
    help: 'How long after its time a waiting run was queued',
    buckets: [0.01, 0.1, 0.5, 1, 5, 30, 300, 3600],
    registers,
  })
  const ticks = new Histogram({
    name: 'workflows_tick_late_seconds',
    help: 'How long after its time a tick was decided; those that were missed are left out',
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    registers,
  })
  const builds = new Histogram({
    name: 'workflows_environment_build_seconds',
    help: 'Duration of builds of environments',
    buckets: [0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900],
    registers,
  })
  return (measure) => {
    if (measure.kind === 'database') database.observe({ call: measure.call }, measure.ms / 1000)
    else if (measure.kind === 'tick' && measure.outcome !== 'missed') ticks.observe(measure.lateMs / 1000)
    else if (measure.kind === 'wake') wakes.observe(measure.lateMs / 1000)
    else if (measure.kind === 'build') builds.observe(measure.ms / 1000)
  }
}

function addTimes(registers: Registry[], now: () => number): (measure: Measure) => void {
  let renewedAt = performance.now()
  gauge('workflows_lease_age_seconds', 'Since the lease of this server was renewed', registers, () => {
    return (performance.now() - renewedAt) / 1000
  })
  const backup = new Gauge({
    name: 'workflows_backup_last_success_timestamp_seconds',
    help: 'When the newest scheduled backup of this process was made; 0: none yet',
    registers,
  })
  return (measure) => {
    if (measure.kind === 'lease' && measure.problem === null) renewedAt = performance.now()
    else if (measure.kind === 'backup' && !measure.isFailed) backup.set(now() / 1000)
  }
}
