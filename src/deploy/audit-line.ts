import type { Workflow } from '../domain/workflows/workflow.ts'
import type { FieldChange } from '../store/audit/audit.ts'

export const deploymentDetail = (
  number: number,
  { deployGate }: Pick<Workflow, 'deployGate'>,
  force: boolean,
): string => (force && deployGate !== null ? `version ${number}, forced past its gate` : `version ${number}`)

export const deploymentChange = (old: number | null, number: number): readonly FieldChange[] =>
  old === number ? [] : [{ field: 'deployed_version', old: old === null ? null : String(old), new: String(number) }]
