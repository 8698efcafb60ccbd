/** Servers send alerts without a leader. */

import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import { type AlertMessage, nextAttempt } from '../domain/alerts/alert.ts'
import type { ChannelConfig } from '../domain/alerts/channel.ts'
import type { Report } from '../domain/shared/measures.ts'
import { type Job, startJob } from '../start-job.ts'
import type { DueAlert } from '../store/alerts/alerts.ts'
import type { StoreUse } from '../store/store.ts'

export type AlertsOptions = {
  readonly store: StoreUse<{ alerts: 'claim' | 'endAttempt' | 'findChannel' | 'deleteBefore'; tasks: 'isOpen' }>
  readonly deliver: (
    id: string,
    config: ChannelConfig,
    message: AlertMessage,
  ) => Promise<{ readonly delivered: boolean; readonly detail: string; readonly isFinal?: true }>
  readonly log: Logger
  readonly clock: Clock
  readonly report?: Report
}

const LOOK_EVERY_MS = 1000
/** Longer than any delivery. */
const LEASE_MS = 60_000
const AT_ONCE = 10
const KEPT_MS = 30 * 24 * 3600_000
const SWEEP_EVERY = 600

export function startAlerts(options: AlertsOptions): Job {
  const { store, log, clock } = options
  let looks = 0
  const run = async (signal: AbortSignal): Promise<void> => {
    for (;;) {
      const due = await store.alerts.claim(clock.now(), LEASE_MS, AT_ONCE)
      await Promise.all(due.map((alert) => attempt(options, alert)))
      if (due.length < AT_ONCE || signal.aborted) break
    }
    looks += 1
    if (looks % SWEEP_EVERY === 0) await store.alerts.deleteBefore(clock.now() - KEPT_MS)
  }
  return startJob({ name: 'send alerts', everyMs: LOOK_EVERY_MS, run, clock, log })
}

async function attempt({ store, deliver, log, clock, report }: AlertsOptions, alert: DueAlert): Promise<void> {
  const { id, channelId, attempts, message } = alert
  const { task, to } = message
  // A second attempt means that no notice was sent.
  if (task !== undefined && !(await store.tasks.isOpen(task.id, clock.now())))
    return await store.alerts.endAttempt(id, { isSent: attempts === 1, detail: 'The task is over.', nextAt: null })
  const config = to === undefined ? (await store.alerts.findChannel(channelId))?.config : mailTo(to)
  if (config === undefined) {
    return await store.alerts.endAttempt(id, { isSent: false, detail: 'The channel was deleted.', nextAt: null })
  }
  const { delivered, detail, isFinal = delivered } = await deliver(id, config, message)
  const againAt = isFinal ? null : nextAttempt(attempts, clock.now())
  const remindAt = task?.remindMs == null ? null : clock.now() + task.remindMs
  await store.alerts.endAttempt(id, {
    isSent: delivered,
    detail,
    nextAt: againAt ?? remindAt,
    isReminder: againAt === null,
  })
  report?.({ kind: 'alert', isFailed: !delivered })
  if (!delivered) log.warn({ alert: id, channel: channelId, attempts, detail }, 'an alert could not be delivered')
}

const mailTo = (to: readonly string[]): ChannelConfig => ({ type: 'email', to, language: 'en' })
