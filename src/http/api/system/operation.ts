/** For the operator: the servers on the database, the queue, disk, retention and backups. */

import { statfs } from 'node:fs/promises'
import type { Static } from 'typebox'
import { backupDirOf } from '../../../config.ts'
import { NEWEST_MIGRATION } from '../../../store/database/migrate.ts'
import type { KnownServer } from '../../../store/servers/server-store.ts'
import { listBackups } from '../../../store/upkeep/scheduled-backups.ts'
import type { Api, ApiContext } from '../common/api.ts'
import { timeText } from '../common/present.ts'
import { documentedResponses } from '../common/problem-schema.ts'
import { Operation, type Server } from './operation-schemas.ts'

const tags = ['System']

export function addOperationRoute(app: Api, context: ApiContext): void {
  app.get(
    '/system/operation',
    {
      config: { scope: 'admin' },
      schema: {
        tags,
        summary: 'Servers, queue, database, disk, retention and backups',
        response: documentedResponses(200, Operation),
      },
    },
    async () => await readOperation(context),
  )
}

async function readOperation({ store, config, retention, now }: ApiContext): Promise<Static<typeof Operation>> {
  const [servers, { runs, oldestMs }, bytes, disk] = await Promise.all([
    store.listServers(),
    store.readQueue(now()),
    store.databaseBytes(),
    statfs(config.dataDir),
  ])
  return {
    servers: servers.map(presentServer),
    queue: { runs, oldest_seconds: oldestMs / 1000 },
    database: {
      engine: config.databaseUrl === null ? 'sqlite' : 'postgres',
      bytes,
      migration: NEWEST_MIGRATION,
      connections: store.connections(),
    },
    disk: { free_bytes: disk.bavail * disk.bsize, total_bytes: disk.blocks * disk.bsize },
    retention: {
      days: config.retentionDays,
      workflow_bytes: config.retentionMib * 1024 ** 2,
      total_bytes: config.retentionTotalMib * 1024 ** 2,
      deleted_runs: retention.state.deletedRuns,
    },
    backups: config.databaseUrl === null ? presentBackups(config) : null,
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
  }
}

function presentBackups(config: ApiContext['config']) {
  const kept = listBackups(backupDirOf(config))
  const [newest] = kept
  return {
    cron: config.backupCron,
    keep: config.backupKeep,
    kept: kept.length,
    bytes: kept.reduce((sum, { bytes }) => sum + bytes, 0),
    newest_at: newest === undefined ? null : timeText(newest.at),
  }
}
