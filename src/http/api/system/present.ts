import type { AuditEntry } from '../../../store/audit/audit.ts'
import { timeText } from '../common/present.ts'
import type { Shown } from '../common/routes.ts'
import type { AuditEntry as AuditEntrySchema } from './system-schemas.ts'

export function presentAudit({ at, by, action, workflowId, detail, changes = [] }: AuditEntry) {
  const shown = { at: timeText(at), by, action, workflow_id: workflowId, detail, changes: [...changes] }
  return shown satisfies Shown<typeof AuditEntrySchema>
}
