import type { Db } from './tables/tables.ts'

export type Use = { readonly workflowId: string; readonly workflowName: string }

/** Workflows whose list contains the name. */
export async function listUses(
  db: Db,
  column: 'connections_json' | 'shared_settings_json',
  name: string,
): Promise<readonly Use[]> {
  const rows = await db
    .selectFrom('workflows')
    .select(({ ref }) => ['id', 'name', ref(column).as('names')])
    .where(column, 'is not', null)
    .where(column, '<>', '[]')
    .orderBy('name')
    .execute()
  const isNamed = (names: string | null): boolean => (JSON.parse(names ?? '[]') as string[]).includes(name)
  return rows.filter(({ names }) => isNamed(names)).map((row) => ({ workflowId: row.id, workflowName: row.name }))
}
