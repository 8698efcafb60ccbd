import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Config } from '../config.ts'
import { DEFAULT_KEEP_DAYS } from '../domain/decisions/policy.ts'
import { PLACES } from '../domain/privacy/policy.ts'
import type { Workflow } from '../domain/workflows/workflow.ts'
import { type Job, startJob } from '../start-job.ts'
import type { RunPosition } from '../store/runs/rows/records.ts'
import type { Store } from '../store/store.ts'

export type Retention = Job & { readonly state: { readonly deletedRuns: number } }

export type RetentionOptions = {
  readonly store: Store
  readonly log: Logger
  readonly clock: Clock
  readonly limits: Config['retention']
  /** A soak test sweeps more often. */
  readonly sweepMs?: number | undefined
}

const SWEEP_EVERY_MS = 5 * 60_000
const DAY_MS = 24 * 3600 * 1000
const RATE_LIMIT_MS = 3600 * 1000
const MAX_RATE_LIMITS = 100_000
const PAGE = 200
/** A sweep uses at most a fifth of the database's time. */
const REST = 4
const MIN_REST_MS = 5
/** Measuring a workflow reads all its runs. */
const MEASURE_REST = 50
const ALL = ''
const DECISIONS = 100

export function startRetention(options: RetentionOptions): Retention {
  const { store, log, clock, sweepMs = SWEEP_EVERY_MS } = options
  const state = { deletedRuns: 0 }
  const measureFrom = new Map<string, number>()
  const partsDone = new Map<string, RunPosition>()
  const durableDone = new Map<string, number>()
  const onDeleted = (count: number) => {
    state.deletedRuns += count
  }
  const run = async (signal: AbortSignal): Promise<void> => {
    if (store.servers.clockProblem() !== null) return
    const at = await store.upkeep.trustedNow(clock.now())
    await sweep(options, { at, signal, onDeleted, measureFrom, partsDone, durableDone })
  }
  // Parallel sweeps read every workflow and block each other: three servers deleted 113 runs a second, one 188.
  const job = startJob({ name: 'delete old runs', everyMs: sweepMs, run, leads: store.servers.leads, clock, log })
  return { ...job, state }
}

type Sweep = {
  readonly at: number
  readonly signal: AbortSignal
  readonly onDeleted: (count: number) => void
  readonly measureFrom: Map<string, number>
  /** Where the next sweep continues. */
  readonly partsDone: Map<string, RunPosition>
  /** Durable runs that ended earlier are done. */
  readonly durableDone: Map<string, number>
}

type Sweeping = Sweep & {
  /** Repeats the batch until it finds nothing. */
  untilDone(batch: () => Promise<unknown>): Promise<void>
}

export async function sweep(options: RetentionOptions, given: Sweep): Promise<void> {
  const { store, clock } = options
  const { at, signal } = given
  const under = { ...given, untilDone: (batch: () => Promise<unknown>) => untilDone(batch, clock, signal) }
  const total = await store.upkeep.databaseBytes()
  let cursor: string | null = null
  do {
    const page = await store.workflows.list({}, { limit: PAGE, cursor })
    const old = await findOld(options, page.data, at)
    for (const workflow of page.data) {
      if (signal.aborted) return
      await sweepWorkflow(options, workflow, { total, isOld: old.has(workflow.id) }, under)
    }
    cursor = page.nextCursor
  } while (cursor !== null)
  await sweepTotal(options, total, under)
  await sweepDecisions(options, under)
  await sweepLogs(options, under)
  await under.untilDone(store.upkeep.returnSpace)
}

/** Most workflows have nothing to delete: those with the same retention share a query. */
async function findOld(
  { store, limits }: RetentionOptions,
  workflows: readonly Workflow[],
  at: number,
): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  for (const [days, same] of Map.groupBy(workflows, ({ retentionDays }) => retentionDays ?? limits.days)) {
    const ids = same.map(({ id }) => id)
    for (const id of await store.upkeep.findOld(ids, at - days * DAY_MS)) found.add(id)
  }
  return found
}

async function sweepTotal({ store, limits, clock }: RetentionOptions, total: number, under: Sweeping): Promise<void> {
  const start = clock.monotonic()
  if (total <= limits.totalBytes || start < (under.measureFrom.get(ALL) ?? 0)) return
  const overflow = await store.upkeep.findOverflow(null, limits.totalBytes)
  under.measureFrom.set(ALL, start + MEASURE_REST * (clock.monotonic() - start))
  if (overflow === null) return
  await deleteRuns(store, under, null, overflow)
}

const deleteRuns = (
  { upkeep }: Store,
  { onDeleted, untilDone }: Sweeping,
  ...before: Parameters<Store['upkeep']['deleteRunsBefore']>
): Promise<void> =>
  untilDone(async () => {
    const count = await upkeep.deleteRunsBefore(...before)
    onDeleted(count)
    return count
  })

/** Decisions have their own retention, also after their workflow was deleted. */
async function sweepDecisions({ store }: RetentionOptions, { at, signal, untilDone }: Sweeping): Promise<void> {
  for (const { workflowId } of await store.decisions.listChains(null)) {
    if (signal.aborted) return
    const workflow = await store.workflows.get(workflowId)
    const keepDays = workflow === null ? null : (workflow.decisions?.keep_days ?? DEFAULT_KEEP_DAYS)
    await untilDone(() => store.decisions.expire(workflowId, keepDays, at, DECISIONS))
  }
}

/** Rejected sign-ins from many addresses fill both. */
async function sweepLogs({ store, limits }: RetentionOptions, { at, untilDone }: Sweeping): Promise<void> {
  const oldest = at - limits.auditDays * DAY_MS
  await untilDone(() => store.upkeep.deleteAuditLines(oldest, limits.auditLines))
  await untilDone(() => store.upkeep.deleteRateLimits(at - RATE_LIMIT_MS, MAX_RATE_LIMITS))
}

async function sweepWorkflow(
  { store, limits, clock }: RetentionOptions,
  { id, retentionDays, retentionBytes, privacy }: Workflow,
  { total, isOld }: { readonly total: number; readonly isOld: boolean },
  under: Sweeping,
): Promise<void> {
  const { at, measureFrom } = under
  const oldest = at - (retentionDays ?? limits.days) * DAY_MS
  // A run that waited for months is kept from its end.
  if (isOld) await deleteRuns(store, under, id, { createdAt: oldest, id: '' }, oldest)
  const limit = retentionBytes ?? limits.bytes
  const start = clock.monotonic()
  if (total > limit && start >= (measureFrom.get(id) ?? 0)) {
    const overflow = await store.upkeep.findOverflow(id, limit)
    measureFrom.set(id, start + MEASURE_REST * (clock.monotonic() - start))
    if (overflow !== null) await deleteRuns(store, under, id, overflow)
  }
  if (isOld) await under.untilDone(() => store.upkeep.deleteTicksBefore(id, oldest))
  for (const part of PLACES) {
    const days = privacy?.keep_days[part] ?? null
    if (days === null) continue
    await sweepPart(store, { workflowId: id, part, before: at - days * DAY_MS }, under)
  }
}

type OldPart = { readonly workflowId: string; readonly part: (typeof PLACES)[number]; readonly before: number }

async function sweepPart(
  { privacy }: Store,
  { workflowId, part, before }: OldPart,
  { signal, partsDone, durableDone, untilDone }: Sweeping,
): Promise<void> {
  const key = `${workflowId} ${part}`
  await untilDone(async () => {
    const last = await privacy.deletePart(workflowId, part, before, partsDone.get(key) ?? null)
    if (last !== null) partsDone.set(key, last)
    return last
  })
  const ended = { from: durableDone.get(key) ?? 0, before }
  let last: RunPosition | null = null
  await untilDone(async () => {
    last = await privacy.deletePartOfDurable(workflowId, part, ended, last)
    return last
  })
  if (!signal.aborted) durableDone.set(key, before)
}

/** Pauses leave time for others. */
async function untilDone(batch: () => Promise<unknown>, clock: Clock, signal: AbortSignal): Promise<void> {
  let more = true
  while (more && !signal.aborted) {
    const start = clock.monotonic()
    more = Boolean(await batch())
    const rest = more ? Math.max(REST * (clock.monotonic() - start), MIN_REST_MS) : 0
    await clock.sleep(rest, signal)
  }
}
