/** Stores alerts with their event, so that a crash loses none. */

import { type AlertMessage, type AlertType, type AnchoredHead, HOLD_BACK_MS } from '../../domain/alerts/alert.ts'
import type { AlertRule } from '../../domain/alerts/rule.ts'
import type { RunStatus, Warning } from '../../domain/runs/run.ts'
import type { Kind } from '../../domain/shared/kind.ts'
import { newId } from '../../random.ts'
import type { Db } from '../database/tables/tables.ts'
import { findSilence } from './silences.ts'

export type AlertRun = { readonly id: string; readonly code: string | null; readonly message: string | null }

type Subject = {
  readonly db: Db
  readonly now: number
  readonly workflow: { readonly id: string; readonly name: string; readonly kind: Kind }
  readonly rule: AlertRule
  readonly isSilent: boolean
}

type Ended = AlertRun & { readonly status: RunStatus; readonly warnings: readonly Warning[] }

/** A cancelled run has no effect. */
export async function recordOutcome(db: Db, workflowId: string, ended: Ended, now: number): Promise<void> {
  const { id, status, code, message, warnings } = ended
  const reported = warnings.find((warning) => warning.code === 'reported_failure')
  if (status === 'failed' || status === 'timed_out')
    return await recordFailure(db, workflowId, { id, code, message }, now)
  if (status !== 'succeeded') return
  if (reported === undefined) return await recordSuccess(db, workflowId, { id, code: null, message: null }, now)
  await recordFailure(db, workflowId, { id, code: reported.code, message: reported.message }, now)
}

export async function recordFailure(db: Db, workflowId: string, run: AlertRun, now: number): Promise<void> {
  const subject = await findSubject(db, workflowId, now)
  if (subject === null) return
  const state = await countFailure(db, workflowId, now)
  if (state.is_announced === 1 || state.failures < subject.rule.after || subject.isSilent) return
  await db.updateTable('alert_states').set({ is_announced: 1 }).where('workflow_id', '=', workflowId).execute()
  const informed = await withdraw(db, workflowId, 'recovered', now)
  const about = { run, since: state.since, failures: state.failures }
  const sent = [...informed, ...(await enqueueAll(subject, 'failing', about, (id) => !informed.includes(id)))]
  if (sent.length === 0) return
  await db
    .updateTable('alert_limits')
    .set({ is_open: 1 })
    .where('workflow_id', '=', workflowId)
    .where('type', '=', 'failing')
    .where('channel_id', 'in', sent)
    .execute()
}

/**
 * Informs each channel that got the failure. A canary's candidate has no effect: the deployed version may still fail.
 */
async function recordSuccess(db: Db, workflowId: string, run: AlertRun, now: number): Promise<void> {
  const [state] = await db
    .deleteFrom('alert_states')
    .where('workflow_id', '=', workflowId)
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('runs').select('id').where('id', '=', run.id).where('canary', '=', 1))),
    )
    .returningAll()
    .execute()
  if (state === undefined || state.is_announced === 0) return
  const open = await db
    .updateTable('alert_limits')
    .set({ is_open: 0 })
    .where('workflow_id', '=', workflowId)
    .where('type', '=', 'failing')
    .where('is_open', '=', 1)
    .returning('channel_id')
    .execute()
  const subject = await findSubject(db, workflowId, now)
  if (subject === null || open.length === 0) return
  const informed = await withdraw(db, workflowId, 'failing', now)
  const notified = open.map(({ channel_id }) => channel_id).filter((id) => !informed.includes(id))
  const about = { run, since: state.since, failures: state.failures }
  await enqueueAll(subject, 'recovered', about, (channelId) => notified.includes(channelId))
}

/** Deletes delayed alerts and returns their channels, whose last message is correct again. */
async function withdraw(
  db: Db,
  workflowId: string,
  type: 'failing' | 'recovered',
  now: number,
): Promise<readonly string[]> {
  const waiting = await db
    .deleteFrom('alerts')
    .where('workflow_id', '=', workflowId)
    .where('type', '=', type)
    .where('status', '=', 'queued')
    .where('attempts', '=', 0)
    .where('next_at', '>', now)
    .returning(['channel_id', 'message_json'])
    .execute()
  for (const { channel_id, message_json } of waiting) {
    const { heldBack }: AlertMessage = JSON.parse(message_json)
    await db
      .updateTable('alert_limits')
      .set(({ eb }) => ({ last_at: eb('last_at', '-', HOLD_BACK_MS), held_back: heldBack + 1 }))
      .where('workflow_id', '=', workflowId)
      .where('channel_id', '=', channel_id)
      .where('type', '=', type)
      .execute()
  }
  return waiting.map(({ channel_id }) => channel_id)
}

type WorkflowEvent = {
  readonly workflowId: string
  readonly type: 'missed_tick' | 'dead_letter' | 'canary_aborted' | 'settings_conflict' | 'connection_lost'
  readonly now: number
  readonly run?: AlertRun | null
  readonly failures?: number
}

export async function recordEvent(
  db: Db,
  { workflowId, type, now, run = null, failures = 0 }: WorkflowEvent,
): Promise<void> {
  const subject = await findSubject(db, workflowId, now)
  if (subject === null || subject.isSilent) return
  await enqueueAll(subject, type, { run, since: null, failures })
}

/** Null: no alerts. */
async function findSubject(db: Db, workflowId: string, now: number): Promise<Subject | null> {
  const found = await findRule(db, workflowId)
  if (found === null || found.rule === null || found.rule.channels.length === 0) return null
  const isSilent = (await findSilence(db, workflowId, now)) !== null
  return { db, now, workflow: found.workflow, rule: found.rule, isSilent }
}

async function findRule(
  db: Db,
  workflowId: string,
): Promise<(Pick<Subject, 'workflow'> & { readonly rule: AlertRule | null }) | null> {
  const row = await db
    .selectFrom('workflows')
    .leftJoin('alert_defaults', (join) => join.onTrue())
    .select(['workflows.name', 'workflows.kind', 'workflows.alerts_json', 'alert_defaults.rule_json'])
    .where('workflows.id', '=', workflowId)
    .executeTakeFirst()
  if (row === undefined) return null
  const json = row.alerts_json ?? row.rule_json
  return { workflow: { id: workflowId, name: row.name, kind: row.kind }, rule: json === null ? null : JSON.parse(json) }
}

/** Informs people and all channels, without delay. */
export async function recordTask(
  db: Db,
  workflowId: string,
  task: NonNullable<AlertMessage['task']>,
  to: readonly string[],
  now: number,
): Promise<void> {
  const found = await findRule(db, workflowId)
  if (found === null) return
  const { workflow, rule } = found
  const about = { run: null, since: null, failures: 0, heldBack: 0, task }
  const message: AlertMessage = { type: 'task', at: now, workflow, ...about }
  if (to.length > 0) await insertAlert(db, '', { ...message, to }, now)
  for (const channelId of rule?.channels ?? []) await insertAlert(db, channelId, message, now)
}

export async function recordAnchors(
  db: Db,
  channelId: string,
  anchors: readonly AnchoredHead[],
  now: number,
): Promise<void> {
  const about = { workflow: null, run: null, since: null, failures: 0, heldBack: 0 }
  await insertAlert(db, channelId, { type: 'anchors', at: now, ...about, anchors }, now)
}

async function countFailure(db: Db, workflowId: string, now: number) {
  return await db
    .insertInto('alert_states')
    .values({ workflow_id: workflowId, failures: 1, since: now, is_announced: 0 })
    .onConflict((conflict) =>
      conflict
        .column('workflow_id')
        .doUpdateSet(({ ref, eb }) => ({ failures: eb(ref('alert_states.failures'), '+', 1) })),
    )
    .returningAll()
    .executeTakeFirstOrThrow()
}

type About = Pick<AlertMessage, 'run' | 'since' | 'failures'>

async function enqueueAll(
  subject: Subject,
  type: AlertType,
  about: About,
  isMeant: (channelId: string) => boolean = () => true,
): Promise<readonly string[]> {
  const { db, rule } = subject
  const wanted = rule.on.includes(type) ? rule.channels.filter(isMeant) : []
  if (wanted.length === 0) return []
  const channels = await db.selectFrom('channels').select('id').where('id', 'in', wanted).execute()
  const sent: string[] = []
  for (const { id } of channels) if (await enqueue(subject, id, type, about)) sent.push(id)
  return sent
}

/**
 * Delays `failing` and `recovered` until five minutes after the channel's previous alert, so that its last message is
 * current. Only counts other types within that time (false).
 */
async function enqueue(
  { db, now, workflow }: Subject,
  channelId: string,
  type: AlertType,
  about: About,
): Promise<boolean> {
  const key = { workflow_id: workflow.id, channel_id: channelId, type }
  const limit = await db
    .selectFrom('alert_limits')
    .select(['last_at', 'held_back'])
    .where('workflow_id', '=', workflow.id)
    .where('channel_id', '=', channelId)
    .where('type', '=', type)
    .executeTakeFirst()
  const due = limit === undefined ? now : Math.max(now, limit.last_at + HOLD_BACK_MS)
  const isState = type === 'failing' || type === 'recovered'
  const isHeldBack = limit !== undefined && due > now && !isState
  const values = isHeldBack
    ? { last_at: limit.last_at, held_back: limit.held_back + 1 }
    : { last_at: due, held_back: 0 }
  await db
    .insertInto('alert_limits')
    .values({ ...key, ...values, is_open: 0 })
    .onConflict((conflict) => conflict.columns(['workflow_id', 'channel_id', 'type']).doUpdateSet(values))
    .execute()
  if (isHeldBack) return false
  await insertAlert(db, channelId, { type, at: now, workflow, ...about, heldBack: limit?.held_back ?? 0 }, due)
  return true
}

async function insertAlert(db: Db, channelId: string, message: AlertMessage, dueAt: number): Promise<void> {
  await db
    .insertInto('alerts')
    .values({
      id: newId('alert', message.at),
      at: message.at,
      workflow_id: message.workflow?.id ?? null,
      channel_id: channelId,
      type: message.type,
      message_json: JSON.stringify(message),
      status: 'queued',
      attempts: 0,
      next_at: dueAt,
      detail: null,
    })
    .execute()
}
