/** Signals between servers on one database. Each one is a hint: it may be lost, and polling finds the same later. */

import type { LogLine, RunChange } from './run.ts'

/** What calls of the API change, in the words of the audit. */
export const CHANGE_ACTIONS = [
  'alerts.update',
  'audit.export',
  'canary.abort',
  'canary.promote',
  'channel.create',
  'channel.delete',
  'channel.test',
  'channel.update',
  'dead_letters.dismiss',
  'dead_letters.replay',
  'environment.build',
  'environment.delete',
  'hook_key.rotate',
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
  'runs.delete',
  'runtime.create',
  'sample_call.sign',
  'sample_request.put',
  'setting.delete',
  'setting.set',
  'shared_setting.delete',
  'shared_setting.set',
  'version.create',
  'trial.cancel',
  'trial.start',
  'version.deploy',
  'workflow.create',
  'workflow.delete',
  'workflow.duplicate',
  'workflow.import',
  'workflow.push',
  'workflow.update',
] as const
export type ChangeAction = (typeof CHANGE_ACTIONS)[number]

/** What a person or a program changed. */
export type Change = { readonly workflowId: string | null; readonly action: ChangeAction }

export type Signal =
  /** Runs wait in the store. */
  | { readonly kind: 'queued' }
  /** A person wants a run to end; the request itself is in the store. */
  | { readonly kind: 'cancel'; readonly runId: string }
  /** A run changed its state, for live pages and for calls that wait for its slot. */
  | { readonly kind: 'run'; readonly change: RunChange }
  /** A person, session or API key has ended, or its rights have changed: for servers that have streams open. */
  | { readonly kind: 'rights' }
  /** Somebody looks at the log of a run that another server carries, and has its lines before `from`. */
  | { readonly kind: 'watch'; readonly runId: string; readonly from: number }
  /** Lines of such a log; the first one is line number `from`. */
  | { readonly kind: 'lines'; readonly runId: string; readonly from: number; readonly lines: readonly LogLine[] }
  /** Somebody changed something, for live pages. */
  | { readonly kind: 'change'; readonly change: Change }
