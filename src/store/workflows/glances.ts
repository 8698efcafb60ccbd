import { type Actor, parseActor } from '../../domain/shared/actor.ts'
import type { Database } from '../database/database.ts'

type Glance = {
  readonly workflowId: string
  readonly nextTickAt: number | null
  readonly deployedAt: number | null
  /** The author of the deployed version. */
  readonly deployedBy: Actor | null
}

export type GlanceStore = { listGlances(workflowIds: readonly string[]): Promise<readonly Glance[]> }

export function createGlances(database: Database): GlanceStore {
  return {
    listGlances: (workflowIds) =>
      database.read(async (db) => {
        if (workflowIds.length === 0) return []
        const rows = await db
          .selectFrom('workflows')
          .leftJoin('schedules', 'schedules.workflow_id', 'workflows.id')
          .leftJoin('versions', 'versions.id', 'workflows.deployed_version_id')
          .select(['workflows.id', 'schedules.next_at', 'versions.deployed_at', 'versions.created_by_json'])
          .where('workflows.id', 'in', workflowIds)
          .execute()
        return rows.map(({ id, next_at, deployed_at, created_by_json }) => ({
          workflowId: id,
          nextTickAt: next_at,
          deployedAt: deployed_at,
          deployedBy: created_by_json === null ? null : parseActor(created_by_json),
        }))
      }),
  }
}
