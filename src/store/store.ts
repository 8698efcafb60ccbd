/** Each write is one transaction, flushed before its promise resolves. */

import type { AlertStore } from './alerts/alerts.ts'
import type { ChannelStore } from './alerts/channels.ts'
import type { SilenceStore } from './alerts/silences.ts'
import type { AuditStore, AuditWriter } from './audit/audit.ts'
import type { ConnectionStore } from './connections/connections.ts'
import type { ConnectionSignInStore } from './connections/sign-ins.ts'
import type { ExplanationStore } from './decisions/explanations.ts'
import type { DecisionStore } from './decisions/records.ts'
import type { InternalHostStore } from './network/internal-hosts.ts'
import type { AdmissionStore } from './people/admissions.ts'
import type { ApiKeyStore } from './people/api-keys.ts'
import type { InvitationStore } from './people/invitations.ts'
import type { LanguageStore } from './people/languages.ts'
import type { PasswordResets } from './people/password-resets.ts'
import type { PeopleStore } from './people/people.ts'
import type { SignInLimits } from './people/sign-in-limits.ts'
import type { PrivacyStore } from './privacy/privacy.ts'
import type { DeadLetters } from './runs/dead-letters.ts'
import type { RunIndex } from './runs/read/run-index.ts'
import type { RunStore } from './runs/rows/records.ts'
import type { StepStore } from './runs/rows/step-records.ts'
import type { Attempts } from './runs/write/attempts.ts'
import type { IdempotencyKeys } from './runs/write/idempotency-keys.ts'
import type { Schedules } from './schedules/schedules.ts'
import type { CallerStore } from './senders/callers.ts'
import type { ServerStore } from './servers/server-store.ts'
import type { FormerSecretStore } from './settings/former-secrets.ts'
import type { SettingStore } from './settings/settings.ts'
import type { SharedSettingStore } from './settings/shared.ts'
import type { TaskStore } from './tasks/tasks.ts'
import type { CanaryStore } from './trials/canaries.ts'
import type { TrialStore } from './trials/trials.ts'
import type { BackupFailures } from './upkeep/backups/failures.ts'
import type { DeletionStore } from './upkeep/delete.ts'
import type { LogRetentionStore } from './upkeep/log-retention.ts'
import type { RetentionStore } from './upkeep/retention.ts'
import type { TrustedTime } from './upkeep/trusted-time.ts'
import type { DraftStore } from './workflows/drafts.ts'
import type { EnvironmentStore } from './workflows/environments.ts'
import type { GlanceStore } from './workflows/glances.ts'
import type { SampleRequestStore } from './workflows/sample-requests.ts'
import type { VersionStore } from './workflows/versions.ts'
import type { ViewStore } from './workflows/views.ts'
import type { WaitingVersionStore } from './workflows/waiting-versions.ts'
import type { WorkflowStore } from './workflows/workflows.ts'

/** A function takes the parts that it needs. */
export type StoreParts = {
  readonly workflows: WorkflowStore &
    VersionStore &
    WaitingVersionStore &
    SampleRequestStore &
    DraftStore &
    ViewStore &
    EnvironmentStore &
    GlanceStore
  readonly settings: SettingStore & FormerSecretStore & SharedSettingStore
  readonly runs: RunStore & StepStore & RunIndex & Attempts & DeadLetters & IdempotencyKeys
  readonly schedules: Schedules
  readonly senders: CallerStore
  readonly tasks: TaskStore
  readonly trials: TrialStore & CanaryStore
  readonly decisions: DecisionStore & ExplanationStore
  readonly alerts: ChannelStore & AlertStore & SilenceStore
  readonly connections: ConnectionStore & ConnectionSignInStore
  readonly network: InternalHostStore
  readonly people: PeopleStore &
    LanguageStore &
    ApiKeyStore &
    InvitationStore &
    AdmissionStore &
    PasswordResets &
    SignInLimits
  readonly privacy: PrivacyStore
  readonly audit: AuditStore
  readonly upkeep: RetentionStore & TrustedTime & LogRetentionStore & DeletionStore & BackupFailures
}

export type Transaction = StoreParts & { readonly audit: AuditWriter }

export type Store = StoreParts & {
  readonly servers: ServerStore
  /** `work` must await only the given store, and runs again after a conflict. */
  together<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
  sweep(now: number): Promise<number>
  close(): Promise<void>
}

/** The named functions of the store's parts, such as `get` and `list` of `runs`. */
export type StoreUse<Names extends { readonly [Part in keyof Parts]?: keyof Parts[Part] }> = {
  readonly [Part in keyof Names & keyof Parts]: Pick<Parts[Part], Names[Part] & keyof Parts[Part]>
}

type Parts = StoreParts & { readonly servers: ServerStore }
