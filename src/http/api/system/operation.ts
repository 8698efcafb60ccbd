import { statfs } from 'node:fs/promises'
import type { Static } from 'typebox'
import { reasonOf } from '../../../errors.ts'
import { NEWEST_MIGRATION } from '../../../store/database/migrations/migrate.ts'
import type { KnownServer } from '../../../store/servers/server-store.ts'
import type { KeptBackup } from '../../../store/upkeep/backups/kept.ts'
import type { ApiContext } from '../common/api.ts'
import { timeText } from '../common/present.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { Operation, type Server } from './operation-schemas.ts'

const tags = ['System']
const MAX_HELD = 1000

export const operationRoutes: readonly ApiRoute[] = [
  route.get(
    '/system/operation',
    {
      config: { scope: 'admin' },
      tags,
      summary: 'Servers, queue, database, disk, retention and backups',
      response: { 200: Operation },
    },
    async (_request, context) => await readOperation(context),
  ),
]

async function readOperation(context: ApiContext): Promise<Static<typeof Operation>> {
  const { store, config, retention, environments, now } = context
  const [servers, { runs, oldestMs }, held, bytes, disk, backups] = await Promise.all([
    store.servers.list(),
    store.servers.readQueue(now()),
    store.runs.countHeld(MAX_HELD),
    store.upkeep.databaseBytes(),
    statfs(config.database.dataDir),
    config.database.databaseUrl === null ? presentBackups(context) : null,
  ])
  return {
    servers: servers.map(presentServer),
    queue: { runs, oldest_seconds: oldestMs / 1000 },
    held_runs: held,
    database: {
      engine: config.database.databaseUrl === null ? 'sqlite' : 'postgres',
      bytes,
      migration: NEWEST_MIGRATION,
      connections: store.servers.connections(),
    },
    disk: { free_bytes: disk.bavail * disk.bsize, total_bytes: disk.blocks * disk.bsize },
    packages: { cache_bytes: environments.cache.bytes, cache_limit_bytes: environments.cache.limitBytes },
    retention: {
      days: config.retention.days,
      workflow_bytes: config.retention.bytes,
      total_bytes: config.retention.totalBytes,
      deleted_runs: retention.state.deletedRuns,
    },
    backups,
  }
}

function presentServer({ id, startedAt, leaseUntil, isAlive, isThis, facts }: KnownServer): Static<typeof Server> {
  return {
    id,
    started_at: timeText(startedAt),
    lease_until: timeText(leaseUntil),
    alive: isAlive,
    this: isThis,
    ...(facts ?? { version: null, host: null, sandbox: null, running: null, waiting: null, workers: null }),
    commit: facts?.commit ?? null,
  }
}

async function presentBackups({ config, backups: { listBackups, state } }: ApiContext) {
  const { kept, problem } = await tryToList(listBackups)
  const [newest] = kept
  const { lastFailure: failed } = state
  return {
    cron: config.backups.cron,
    bucket: config.backups.bucket?.bucket ?? null,
    problem,
    last_failure: failed === null ? null : { at: timeText(failed.at), detail: failed.detail },
    keep: config.backups.keep,
    kept: kept.length,
    bytes: kept.reduce((sum, { bytes }) => sum + bytes, 0),
    newest_at: newest === undefined ? null : timeText(newest.at),
  }
}

/** A bucket may not respond, and a directory may be unreadable. */
async function tryToList(
  list: ApiContext['backups']['listBackups'],
): Promise<{ readonly kept: readonly KeptBackup[]; readonly problem: string | null }> {
  try {
    return { kept: await list(), problem: null }
  } catch (error) {
    return { kept: [], problem: reasonOf(error) }
  }
}
