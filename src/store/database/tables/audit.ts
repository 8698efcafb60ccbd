import type { Generated } from 'kysely'

export type AuditRow = {
  id: Generated<number>
  at: number
  by_json: string
  action: string
  workflow_id: string | null
  detail: Uint8Array
  changes_json: string | null
}
