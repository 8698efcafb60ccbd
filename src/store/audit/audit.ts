import { sql } from 'kysely'
import { type Actor, parseActor } from '../../domain/shared/actor.ts'
import type { Database } from '../database/database.ts'
import { type Page, type PageQuery, readNewest } from '../database/paging.ts'
import type { AuditRow } from '../database/tables/audit.ts'
import { type Db, isPostgres, toBytes, toText } from '../database/tables/tables.ts'

export type AuditStore = {
  list(page: PageQuery, filter?: AuditFilter): Promise<Page<AuditEntry>>
}

/** A part of transactions alone, so a change and its line commit together. */
export type AuditWriter = { add(entry: AuditEntry): Promise<void> }

export function createAudit(database: Database): AuditStore {
  return { list: (page, filter) => database.read((db) => listAudit(db, page, filter)) }
}

export async function insertAudit(
  db: Db,
  { at, by, action, workflowId, detail, changes = [] }: AuditEntry,
): Promise<void> {
  await db
    .insertInto('audit_log')
    .values({
      at,
      by_json: JSON.stringify(by),
      action,
      workflow_id: workflowId,
      detail: toBytes(detail),
      changes_json: changes.length === 0 ? null : JSON.stringify(changes),
    })
    .execute()
}

async function listAudit(
  db: Db,
  page: PageQuery,
  { actor, action, workflowId, since, until }: AuditFilter = {},
): ReturnType<AuditStore['list']> {
  let query = db.selectFrom('audit_log').selectAll()
  if (actor !== undefined) {
    const part = actorPart(db)
    query = query.where((where) => where.or([where(part('id'), '=', actor), where(part('name'), '=', actor)]))
  }
  if (action !== undefined) {
    const group = `${action.replaceAll('_', '\\_')}.%`
    query = query.where((where) =>
      where.or([where('action', '=', action), sql<boolean>`action like ${group} escape '\\'`]),
    )
  }
  if (workflowId !== undefined) query = query.where('workflow_id', '=', workflowId)
  if (since !== undefined) query = query.where('at', '>=', since)
  if (until !== undefined) query = query.where('at', '<', until)
  return await readNewest(query, page, { id: 'number' }, (row) => [row.id], toAuditEntry)
}

/** Must equal the indexes in 0088-start.sql. */
const actorPart = (db: Db) => (name: 'id' | 'name') =>
  isPostgres(db)
    ? sql<string>`(by_json::json ->> ${sql.lit(name)})`
    : sql<string>`json_extract(by_json, ${sql.lit(`$.${name}`)})`

function toAuditEntry(row: Omit<AuditRow, 'id'>): AuditEntry {
  return {
    at: row.at,
    by: parseActor(row.by_json),
    action: row.action,
    workflowId: row.workflow_id,
    detail: toText(row.detail),
    changes: row.changes_json === null ? [] : JSON.parse(row.changes_json),
  }
}

export type AuditEntry = {
  readonly at: number
  readonly by: Actor
  readonly action: string
  readonly workflowId: string | null
  readonly detail: string
  readonly changes?: readonly FieldChange[]
}

export type FieldChange = { readonly field: string; readonly old: string | null; readonly new: string | null }

export type AuditFilter = {
  readonly actor?: string
  /** An action (`key.create`) or its group (`key`). */
  readonly action?: string
  readonly workflowId?: string
  readonly since?: number
  /** Exclusive. */
  readonly until?: number
}
