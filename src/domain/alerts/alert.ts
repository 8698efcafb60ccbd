import type { Actor } from '../shared/actor.ts'
import type { Kind } from '../shared/kind.ts'

export const ALERT_TYPES = [
  'failing',
  'recovered',
  'missed_tick',
  'dead_letter',
  'canary_aborted',
  'settings_conflict',
  'connection_lost',
] as const
export type AlertType = (typeof ALERT_TYPES)[number]

export type AnchoredHead = { readonly workflowId: string; readonly number: number; readonly sha256: string }

/** Contains no request, settings or log. `message` is redacted. */
export type AlertMessage = {
  readonly type: AlertType | 'task' | 'anchors' | 'test'
  readonly at: number
  readonly workflow: { readonly id: string; readonly name: string; readonly kind: Kind } | null
  readonly run: { readonly id: string; readonly code: string | null; readonly message: string | null } | null
  readonly since: number | null
  readonly failures: number
  readonly heldBack: number
  /** The title is redacted. An open task's message repeats after `remindMs`. */
  readonly task?: {
    readonly id: string
    readonly title: string
    readonly remindMs: number | null
    /** Set if the answer takes a decision. */
    readonly proposed?: string
  }
  /** Heads of chains, as in the audit log. */
  readonly anchors?: readonly AnchoredHead[]
  /** Set if the message goes to people instead of a channel. */
  readonly to?: readonly string[]
}

/** Stops all alerts except recoveries. With a null `until`, it ends at the next success. */
export type Silence = { readonly until: number | null; readonly by: Actor; readonly at: number }

export type AlertStatus = 'queued' | 'sent' | 'failed'

export type Alert = {
  readonly id: string
  readonly at: number
  readonly workflowId: string | null
  readonly channelId: string
  readonly type: AlertMessage['type']
  readonly status: AlertStatus
  readonly attempts: number
  readonly detail: string | null
}

export function exampleMessage(type: AlertType, now: number): AlertMessage {
  const isFailure = type === 'failing' || type === 'recovered'
  return {
    type,
    at: now,
    workflow: { id: 'wf_example', name: 'CV intake', kind: type === 'missed_tick' ? 'pull' : 'catch' },
    run:
      type === 'missed_tick' || type === 'connection_lost'
        ? null
        : { id: 'run_example', code: 'exception', message: "KeyError: 'email'" },
    since: isFailure ? now - 10 * 60_000 : null,
    failures: isFailure ? 3 : 0,
    heldBack: 0,
  }
}

/** One alert per workflow, channel and type within this time. */
export const HOLD_BACK_MS = 5 * 60_000
const MAX_ATTEMPTS = 5
const RETRY_MS = [5_000, 30_000, 120_000, 600_000] as const

export function nextAttempt(attempts: number, now: number): number | null {
  if (attempts >= MAX_ATTEMPTS) return null
  return now + (RETRY_MS[attempts - 1] ?? RETRY_MS[0])
}
