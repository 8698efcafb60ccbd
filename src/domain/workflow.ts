/** What a workflow is, its defaults and its limits. */

import type { Acknowledgement } from './acknowledgement.ts'
import type { KeySource } from './idempotency.ts'
import type { RateLimit } from './rate-limit.ts'
import type { Retries } from './retries.ts'
import type { SenderCheck } from './senders/sender-check.ts'

export const KINDS = ['catch', 'pull'] as const
export type Kind = (typeof KINDS)[number]

export const ISOLATIONS = ['fresh', 'reuse'] as const
export type Isolation = (typeof ISOLATIONS)[number]

export const OVERLAPS = ['skip', 'queue', 'allow'] as const
export type Overlap = (typeof OVERLAPS)[number]

export const MISSED_POLICIES = ['last', 'all', 'none'] as const
type MissedPolicy = (typeof MISSED_POLICIES)[number]

type Policies = { readonly overlap: Overlap; readonly missed: MissedPolicy }
type IntervalSchedule = Policies & { readonly every_seconds: number }
type CronSchedule = Policies & { readonly cron: string; readonly timezone: string }
/** When a pull workflow runs; the field names are those of the API and of the stored JSON. */
export type Schedule = IntervalSchedule | CronSchedule

export type Workflow = {
  readonly id: string
  readonly name: string
  readonly kind: Kind
  readonly description: string
  readonly enabled: boolean
  readonly archived: boolean
  readonly runtime: string
  readonly timeoutSeconds: number
  readonly maxConcurrency: number
  readonly isolation: Isolation
  readonly bodyLimitBytes: number
  readonly schedule: Schedule | null
  /** How long ended runs are kept, and how much of them; null: what the server's options say. */
  readonly retentionDays: number | null
  readonly retentionBytes: number | null
  /** Where a call's idempotency key stands; null: every call is a run of its own. */
  readonly idempotency: KeySource | null
  /** What a call is told at once, without waiting for the function's answer; null: calls wait. */
  readonly answer: Acknowledgement | null
  /** How often a run that nobody waits for is tried again. */
  readonly retries: Retries
  /** The secret part of the hook's URL; null for a pull workflow. */
  readonly hookKey: string | null
  /** Who may call the hook: what proves it, from which addresses (none: from all), and how often. */
  readonly senderCheck: SenderCheck
  /** How many secrets the check takes: two while they are rotated. */
  readonly senderSecrets: number
  /** Addresses and ranges as `10.0.0.0/8`. */
  readonly allowedIps: readonly string[]
  readonly rateLimit: RateLimit | null
  /** Id and number of the version that hooks and ticks run; null before the first deployment. */
  readonly deployedVersionId: string | null
  readonly deployedVersion: number | null
  readonly createdAt: number
  readonly updatedAt: number
}

export type Version = {
  readonly id: string
  readonly workflowId: string
  /** Counts from 1 within its workflow. */
  readonly number: number
  readonly source: string
  readonly message: string
  readonly createdAt: number
}

const MIB = 1024 * 1024

export const LIMITS = {
  timeoutSeconds: { catch: 30, pull: 300, max: 3600 },
  maxConcurrency: { catch: 10, pull: 1, max: 1000 },
  bodyBytes: 32 * MIB,
  bodyDepth: 200,
  retentionDays: 36_500,
  retentionBytes: { min: MIB, max: 1024 * 1024 * 1024 * MIB },
  memoryBytes: 512 * MIB,
  logBytes: 1 * MIB,
  responseStatus: { min: 200, max: 599 },
  responseBodyBytes: 6 * MIB,
  responseHeaders: 64,
  responseHeaderBytes: 16 * 1024,
  resultLength: 10_000,
  settingDepth: 200,
  settingBytes: 256 * 1024,
  settingsBytes: 1 * MIB,
  settingKeyBytes: 1024,
  sourceBytes: 1 * MIB,
  nameLength: 200,
  descriptionLength: 10_000,
  secretRedactionLength: 8,
  allowedIps: 100,
  refusedCalls: 100,
} as const
