import type { Db } from '../../database/tables/tables.ts'

export async function listCancelRequests(db: Db, serverId: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('cancel_requests')
    .innerJoin('runs', 'runs.id', 'cancel_requests.run_id')
    .select('runs.id')
    .where('runs.status', '=', 'running')
    .where('runs.server_id', '=', serverId)
    .execute()
  return rows.map(({ id }) => id)
}

export async function forgetCancelRequests(db: Db): Promise<void> {
  await db
    .deleteFrom('cancel_requests')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('runs')
            .select('id')
            .whereRef('runs.id', '=', 'cancel_requests.run_id')
            .where('runs.status', '=', 'running'),
        ),
      ),
    )
    .execute()
}
