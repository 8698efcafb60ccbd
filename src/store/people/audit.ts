import { type Actor, parseActor } from '../../domain/actor.ts'
import { type Page, type PageQuery, readCursor, toPage } from '../database/paging.ts'
import { type AuditRow, type Db, toText } from '../database/tables.ts'

/** The audit log. */
export type AuditStore = {
  audit(entry: AuditEntry): Promise<void>
  listAudit(page: PageQuery): Promise<Page<AuditEntry>>
}

export async function listAudit(db: Db, page: PageQuery): ReturnType<AuditStore['listAudit']> {
  const after = readCursor(page, ['number'])
  let query = db.selectFrom('audit_log').selectAll()
  if (after !== null) query = query.where('id', '<', Number(after[0]))
  const rows = await query
    .orderBy('id', 'desc')
    .limit(page.limit + 1)
    .execute()
  return toPage(rows, page, (row) => [row.id], toAuditEntry)
}

function toAuditEntry(row: Omit<AuditRow, 'id'>): AuditEntry {
  return {
    at: row.at,
    by: parseActor(row.by_json),
    action: row.action,
    workflowId: row.workflow_id,
    detail: toText(row.detail),
  }
}

export type AuditEntry = {
  readonly at: number
  readonly by: Actor
  /** `workflow.create`, `version.deploy`, `setting.set`… */
  readonly action: string
  readonly workflowId: string | null
  readonly detail: string
}
