/** Polling replaces lost signals. */

import type { LogLine, RunChange } from './run.ts'

/** Names in the audit log. */
export const CHANGE_ACTIONS = [
  'alerts.update',
  'audit.export',
  'canary.abort',
  'canary.promote',
  'channel.create',
  'channel.delete',
  'channel.test',
  'channel.update',
  'connection.authorize',
  'connection.create',
  'connection.delete',
  'connection.disconnect',
  'connection.sign_in',
  'connection.update',
  'dead_letters.dismiss',
  'dead_letters.replay',
  'decisions.explain',
  'decisions.export',
  'environment.build',
  'environment.delete',
  'hook_key.rotate',
  'held_runs.cancel',
  'held_runs.release',
  'internal_host.create',
  'internal_host.delete',
  'internal_host.update',
  'invitation.create',
  'invitation.revoke',
  'key.create',
  'key.revoke',
  'person.remove',
  'person.update',
  'privacy.erase',
  'privacy.export',
  'privacy.find',
  'run.cancel',
  'run.delete',
  'run.replay',
  'run.start',
  'run.wake',
  'runs.delete',
  'runtime.create',
  'sample_call.sign',
  'sample_request.put',
  'setting.delete',
  'setting.set',
  'shared_setting.delete',
  'shared_setting.set',
  'silence.delete',
  'silence.set',
  'version.create',
  'task.answer',
  'trial.cancel',
  'trial.start',
  'version.deploy',
  'view.create',
  'view.delete',
  'view.update',
  'workflow.create',
  'workflow.delete',
  'workflow.duplicate',
  'workflow.import',
  'workflow.push',
  'workflow.update',
] as const
export type ChangeAction = (typeof CHANGE_ACTIONS)[number]

export type EventAction = Extract<
  ChangeAction,
  | 'audit.export'
  | 'decisions.export'
  | 'environment.build'
  | 'environment.delete'
  | 'privacy.export'
  | 'privacy.find'
  | 'runtime.create'
  | 'sample_call.sign'
>

export type Change = { readonly workflowId: string | null; readonly action: ChangeAction }

export type Signal =
  | { readonly kind: 'queued' }
  /** The request is also in the store. */
  | { readonly kind: 'cancel'; readonly runId: string }
  | { readonly kind: 'run'; readonly change: RunChange }
  /** Servers must check their open streams. */
  | { readonly kind: 'rights' }
  /** A viewer on another server, which has the lines before `from`. */
  | { readonly kind: 'watch'; readonly runId: string; readonly from: number }
  | { readonly kind: 'lines'; readonly runId: string; readonly from: number; readonly lines: readonly LogLine[] }
  | { readonly kind: 'change'; readonly change: Change }
