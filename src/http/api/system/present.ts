import type { AuditEntry } from '../../../store/people/audit.ts'
import { timeText } from '../common/present.ts'
import type { Shown } from '../common/route-types.ts'
import type { AuditEntry as AuditEntrySchema } from './system-schemas.ts'

export function presentAudit({ at, by, action, workflowId, detail }: AuditEntry) {
  return { at: timeText(at), by, action, workflow_id: workflowId, detail } satisfies Shown<typeof AuditEntrySchema>
}
