/** One server deploys each version, once its packages are installed. */

import { sql } from 'kysely'
import type { Version, Workflow } from '../../domain/workflows/workflow.ts'
import type { Database } from '../database/database.ts'
import { type Db, isPostgres } from '../database/tables/tables.ts'
import { selectLiveServers } from '../servers/servers.ts'
import { deploy, toVersion } from './versions.ts'
import { lockWorkflow } from './workflows.ts'

export type WaitingVersion = {
  readonly version: Version
  readonly force: boolean
}

export type WaitingVersionStore = {
  /** Takes over versions of dead servers. Returns all that wait on this server. */
  adoptWaitingVersions(): Promise<readonly WaitingVersion[]>
  /**
   * With `deploys`, deploys the version unless a newer one is deployed. Returns the previous workflow, or null without
   * a deployment.
   */
  endVersionWait(id: string, deploys: boolean, now: number): Promise<Workflow | null>
}

const WAITS = sql.lit<1>(1)

export function createWaitingVersions(database: Database, serverId: string): WaitingVersionStore {
  return {
    adoptWaitingVersions: () => database.write((db) => adopt(db, serverId)),
    endVersionWait: (id, deploys, now) =>
      database.write(async (db) => {
        const version = await endWait(db, id, serverId)
        if (version === null || !deploys) return null
        const before = await lockWorkflow(db, version.workflowId)
        // Another request may have deployed a newer one.
        if (before === null || (before.deployedVersion ?? 0) >= version.number) return null
        await deploy(db, version, now)
        return before
      }),
  }
}

/** If several servers try, the others find the id of a live server in the row. */
async function adopt(db: Db, serverId: string): Promise<readonly WaitingVersion[]> {
  // The lock on the data directory proves that this is the only server.
  const alive = [serverId, ...(isPostgres(db) ? await selectLiveServers(db) : [])]
  await db
    .updateTable('versions')
    .set({ deploy_server_id: serverId })
    .where('deploy_when_ready', '=', WAITS)
    .where((where) => where.or([where('deploy_server_id', 'is', null), where('deploy_server_id', 'not in', alive)]))
    .execute()
  const rows = await db
    .selectFrom('versions')
    .selectAll()
    .where('deploy_when_ready', '=', WAITS)
    .where('deploy_server_id', '=', serverId)
    .orderBy('id')
    .execute()
  return rows.map((row) => ({ version: toVersion(row), force: row.deploy_forced === 1 }))
}

/** Null: another server has it, or its wait has ended. */
async function endWait(db: Db, id: string, serverId: string): Promise<Version | null> {
  const row = await db
    .updateTable('versions')
    .set({ deploy_when_ready: 0 })
    .where('id', '=', id)
    .where('deploy_when_ready', '=', WAITS)
    .where('deploy_server_id', '=', serverId)
    .returningAll()
    .executeTakeFirst()
  return row === undefined ? null : toVersion(row)
}
