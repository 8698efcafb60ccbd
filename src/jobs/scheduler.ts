/** Servers need no leader. */

import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import { planTicks } from '../domain/schedules/ticks.ts'
import type { Report } from '../domain/shared/measures.ts'
import { newId } from '../random.ts'
import { type Job, startJob } from '../start-job.ts'
import type { NewRun } from '../store/runs/rows/records.ts'
import type { ArmedSchedule, TickPlan } from '../store/schedules/schedules.ts'
import type { Store } from '../store/store.ts'

export type SchedulerOptions = {
  readonly store: Store
  readonly log: Logger
  readonly clock: Clock
  readonly onQueued: () => void
  readonly report?: Report
}

/** Finds other servers' changes. A timer above 24.8 days would overflow. */
const POLL_EVERY_MS = 500
/** A continuous schedule follows a run's end this soon. */
const WAITING_MS = 100
const BATCH = 500
/** On PostgreSQL each plan takes a connection, and other work needs some too. */
const AT_ONCE = 100
const PEERS_MOVE_MS = 20
/** After a longer delay, the machine slept or the clock jumped. */
const ASLEEP_MS = 30_000
/** A tick due this recently is still started. */
const HANDOVER_MS = 5000

/** Ticks due while no server ran are missed. */
export function startScheduler(options: SchedulerOptions): Job {
  const { store, log, clock } = options
  let cameUpAt = clock.now()
  let lastPassAt = cameUpAt
  let upSince: number | null = null

  const run = async (): Promise<number> => {
    // While the clocks disagree, due times are unknown.
    if (store.servers.clockProblem() !== null) return POLL_EVERY_MS
    const startedAt = clock.now()
    if (startedAt - lastPassAt > ASLEEP_MS) {
      cameUpAt = startedAt
      upSince = null
    }
    lastPassAt = startedAt
    upSince ??= cameUpAt - ((await store.servers.hasLiveOthers()) ? HANDOVER_MS : 0)
    await fireDueTicks(options, upSince)
    const isWaiting = await store.schedules.rearmContinuous()
    const nextAt = await store.schedules.nextDueAt().catch(() => null)
    const leftMs = nextAt === null ? POLL_EVERY_MS : nextAt - clock.now()
    const leastMs = leftMs <= 0 && store.servers.isShared() ? PEERS_MOVE_MS : 1
    return Math.min(Math.max(leftMs, leastMs), isWaiting ? WAITING_MS : POLL_EVERY_MS)
  }
  return startJob({ name: 'read schedules', everyMs: POLL_EVERY_MS, run, clock, log })
}

/** Servers pick schedules at random, so that all try only a few. */
async function fireDueTicks({ store, clock, onQueued, report }: SchedulerOptions, upSince: number): Promise<void> {
  for (;;) {
    const at = clock.now()
    const all = await store.schedules.due(at, BATCH)
    const due = store.servers.isShared() ? someOf(all, AT_ONCE) : all
    const failures: unknown[] = []
    let isAnyApplied = false
    for (let start = 0; start < due.length; start += AT_ONCE) {
      const plans = due.slice(start, start + AT_ONCE).map((armed) => toPlan(armed, at, upSince))
      const applied = await Promise.allSettled(plans.map((plan) => store.schedules.applyTickPlan(plan)))
      if (applied.some(isApplied)) {
        isAnyApplied = true
        onQueued()
      }
      const decided = plans.filter((_, index) => isApplied(applied[index]))
      if (report !== undefined) reportTicks(decided, clock.now(), report)
      failures.push(...applied.flatMap((one) => (one.status === 'rejected' ? [one.reason] : [])))
      // If all plans fail, the database is unavailable for the next group too.
      if (applied.every(({ status }) => status === 'rejected')) break
    }
    if (failures.length > 0) throw failures[0]
    const isOver = due.length < all.length ? !isAnyApplied : all.length < BATCH
    if (isOver) return
  }
}

function someOf<T>(all: readonly T[], count: number): readonly T[] {
  if (all.length <= count) return all
  const drawn = all.map((item) => ({ item, lot: Math.random() })).sort((one, other) => one.lot - other.lot)
  return drawn.slice(0, count).map(({ item }) => item)
}

const isApplied = (one: PromiseSettledResult<boolean> | undefined): boolean => one?.status === 'fulfilled' && one.value

function reportTicks(plans: readonly TickPlan[], at: number, report: Report): void {
  for (const { dueAt, outcome } of plans.flatMap(({ ticks }) => ticks)) {
    report({ kind: 'tick', outcome, lateMs: Math.max(0, at - dueAt) })
  }
}

function toPlan(armed: ArmedSchedule, at: number, upSince: number): TickPlan {
  const { ticks, nextAt } = planTicks(armed, at, upSince)
  return {
    workflowId: armed.workflowId,
    expectedNextAt: armed.nextAt,
    nextAt,
    ticks: ticks.map((tick) => ({ ...tick, run: tick.outcome === 'ran' ? newRun(armed, at) : null })),
  }
}

function newRun(armed: ArmedSchedule, at: number): NewRun {
  return {
    id: newId('run', at),
    workflowId: armed.workflowId,
    versionId: armed.deployedVersionId,
    source: null,
    trigger: 'schedule',
    request: null,
    replayOf: null,
    keepSettings: true,
    createdAt: at,
    startedAt: null,
    durable: armed.isDurable,
  }
}
