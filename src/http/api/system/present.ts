import type { AuditEntry } from '../../../store/people/audit.ts'
import { timeText } from '../common/present.ts'

export function presentAudit({ at, by, action, workflowId, detail }: AuditEntry) {
  return { at: timeText(at), by, action, workflow_id: workflowId, detail }
}
