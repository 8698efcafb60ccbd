import { systemClock } from '../clock.ts'
import type { Report } from '../domain/shared/measures.ts'
import { createAlerts } from './alerts/alerts.ts'
import { createChannels, sendAnchors } from './alerts/channels.ts'
import { createSilences } from './alerts/silences.ts'
import { createAudit, insertAudit } from './audit/audit.ts'
import { createConnections } from './connections/connections.ts'
import { createConnectionSignIns } from './connections/sign-ins.ts'
import type { Database, DatabaseOptions } from './database/database.ts'
import { measureDatabase } from './database/engines/measured.ts'
import { openDatabase } from './database/engines/open.ts'
import { writeRow } from './database/groups/rows.ts'
import { migrate } from './database/migrations/migrate.ts'
import type { Db } from './database/tables/tables.ts'
import { createDecisions } from './decisions/decisions.ts'
import { createExplanations } from './decisions/explanations.ts'
import { createInternalHosts } from './network/internal-hosts.ts'
import { createAdmissions } from './people/admissions.ts'
import { createKeys } from './people/api-keys.ts'
import { createInvitations } from './people/invitations.ts'
import { createLanguages } from './people/languages.ts'
import { createPasswordResets } from './people/password-resets.ts'
import { createPeople } from './people/people.ts'
import { createSignInLimits } from './people/sign-in-limits.ts'
import { createPrivacyStore } from './privacy/privacy.ts'
import { createDeadLetters } from './runs/dead-letters.ts'
import { createRunIndex } from './runs/read/run-index.ts'
import { createRuns } from './runs/runs.ts'
import { createIdempotencyKeys } from './runs/write/idempotency-keys.ts'
import { createSchedules } from './schedules/schedules.ts'
import type { Keyring } from './secrets/encryption.ts'
import { keepKeyCheck, refuseWrongKey } from './secrets/key-check.ts'
import { createCallers } from './senders/callers.ts'
import { createLeases, type Leases } from './servers/leases.ts'
import { createPeers, type PeerClock, type Peers } from './servers/peers.ts'
import { endLease, forgetDeadServers } from './servers/servers.ts'
import { createSignals } from './servers/signals.ts'
import { createFormerSecrets } from './settings/former-secrets.ts'
import { createSettings } from './settings/settings.ts'
import { createSharedSettings } from './settings/shared.ts'
import type { Store, StoreParts } from './store.ts'
import { createTasks } from './tasks/tasks.ts'
import { createCanaries } from './trials/canaries.ts'
import { createTrials } from './trials/trials.ts'
import { backUpBeforeUpgrade } from './upkeep/backup.ts'
import { createBackupFailures } from './upkeep/backups/failures.ts'
import { createDeletion } from './upkeep/delete.ts'
import { createLogRetention } from './upkeep/log-retention.ts'
import { createRetention } from './upkeep/retention.ts'
import { createTrustedTime } from './upkeep/trusted-time.ts'
import { createDrafts } from './workflows/drafts.ts'
import { createEnvironments } from './workflows/environments.ts'
import { createGlances } from './workflows/glances.ts'
import { createSampleRequests } from './workflows/sample-requests.ts'
import { createVersions } from './workflows/versions.ts'
import { createViews } from './workflows/views.ts'
import { createWaitingVersions } from './workflows/waiting-versions.ts'
import { createWorkflows } from './workflows/workflows.ts'

export type StoreOptions = DatabaseOptions & {
  readonly keyring: Keyring
  /** New at each start. Runs of earlier ids are lost. */
  readonly serverId: string
  readonly leaseMs?: number
  readonly clock?: () => number
  readonly peerClock?: PeerClock
  readonly maxClockMs?: number
  readonly report?: Report
}

const LEASE_MS = 30_000

/** Throws a StartError if the store must not be used. */
export async function createStore(options: StoreOptions): Promise<Store> {
  const { keyring, serverId, leaseMs = LEASE_MS, clock = Date.now, report = () => {} } = options
  const { peerClock = systemClock } = options
  const maxOffsetMs = options.maxClockMs ?? Number.POSITIVE_INFINITY
  const database = measureDatabase(await openDatabase(options), report)
  try {
    await refuseWrongKey(database, keyring)
    await migrate(database, clock(), (from) => backUpFirst(options, from, clock()))
    await database.write(forgetDeadServers)
    const { assertClock, ...leases } = createLeases(database, { serverId, leaseMs, clock, maxOffsetMs })
    await assertClock()
    await leases.heartbeat()
    // Follows the lease, because key rotation marks itself as active before it checks for leases.
    await keepKeyCheck(database, keyring)
    return assemble(database, options, leases, await createPeers(database, serverId, peerClock))
  } catch (error) {
    await database.close()
    throw error
  }
}

type Parts = Pick<StoreOptions, 'keyring' | 'serverId' | 'clock'> & {
  readonly peers: Peers
  readonly alertUse: { inUse: boolean }
}

function assemble(database: Database, options: StoreOptions, leases: Omit<Leases, 'assertClock'>, peers: Peers): Store {
  const { serverId } = options
  const needs = { ...options, peers, alertUse: { inUse: true } }
  const parts = createParts(database, needs)
  const { runs, privacy } = parts
  return {
    ...parts,
    servers: { ...createSignals(database, peers, serverId), ...leases, isShared: () => peers.known },
    together: (work) =>
      database.write((db) => {
        const tx = createParts(within(database, db), needs)
        return work({ ...tx, audit: { ...tx.audit, add: (entry) => insertAudit(db, entry) } })
      }),
    sweep: async (now) =>
      (await runs.sweepKeys(now)) + (await runs.sweepDeadLetters(now)) + (await privacy.sweepOriginals(now)),
    async close() {
      await database.write((db) => endLease(db, serverId)).catch(() => {})
      await database.close()
    },
  }
}

function createParts(database: Database, parts: Parts): StoreParts {
  const { keyring, serverId, clock = Date.now, alertUse } = parts
  return {
    workflows: createWorkflowPart(database, parts),
    settings: {
      ...createSettings(database, keyring),
      ...createFormerSecrets(database, keyring),
      ...createSharedSettings(database, keyring),
    },
    runs: {
      ...createRuns(database, parts),
      ...createRunIndex(database),
      ...createIdempotencyKeys(database),
      ...createDeadLetters(database),
    },
    schedules: createSchedules(database, serverId),
    senders: createCallers(database, keyring),
    tasks: createTasks(database, keyring),
    trials: { ...createTrials(database, keyring, serverId), ...createCanaries(database) },
    decisions: {
      ...createDecisions(database, keyring, (db, heads, at) => sendAnchors(db, keyring, heads, at)),
      ...createExplanations(database, keyring, serverId),
    },
    alerts: {
      ...createChannels(database, keyring, alertUse),
      ...createAlerts(database, alertUse),
      ...createSilences(database),
    },
    connections: {
      ...createConnections(database, keyring, serverId),
      ...createConnectionSignIns(database, keyring),
    },
    network: createInternalHosts(database),
    people: createPeoplePart(database, clock),
    privacy: createPrivacyStore(database, keyring),
    audit: createAudit(database),
    upkeep: {
      ...createRetention(database),
      ...createTrustedTime(database),
      ...createLogRetention(database),
      ...createDeletion(database),
      ...createBackupFailures(database),
    },
  }
}

const createWorkflowPart = (database: Database, { keyring, serverId }: Parts): StoreParts['workflows'] => ({
  ...createWorkflows(database, keyring),
  ...createVersions(database, serverId),
  ...createWaitingVersions(database, serverId),
  ...createSampleRequests(database),
  ...createDrafts(database),
  ...createViews(database),
  ...createEnvironments(database),
  ...createGlances(database),
})

const createPeoplePart = (database: Database, clock: () => number): StoreParts['people'] => ({
  ...createPeople(database),
  ...createLanguages(database),
  ...createKeys(database, clock),
  ...createInvitations(database),
  ...createAdmissions(database),
  ...createPasswordResets(database),
  ...createSignInLimits(database),
})

/** Caches nothing, because the transaction may be rolled back. */
function within(database: Database, db: Db): Database {
  const run = <T>(unit: (db: Db) => Promise<T>) => unit(db)
  const openRows: Database['openRows'] = (write) => (row) => writeRow(db, write, row)
  return {
    ...database,
    read: run,
    write: run,
    writeStatement: null,
    openRows,
    writeApart: run,
    maintain: run,
    marks: null,
  }
}

/** Operators back up PostgreSQL themselves. */
async function backUpFirst({ databaseUrl, dataDir }: DatabaseOptions, from: number, now: number): Promise<void> {
  if (databaseUrl === null) await backUpBeforeUpgrade(dataDir, from, now)
}
