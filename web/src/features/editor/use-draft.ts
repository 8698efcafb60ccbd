import { useSessionState } from '../../lib/use-session-state.ts'

/** Text that is not saved yet, and the version that it was started from. */
export type Draft = { base: number | null; source: string }

/** The editor's unsaved text; it survives other tabs of the app and loading the page again. */
export const useDraft = (workflowId: string) => useSessionState<Draft>(`draft:${workflowId}`, isDraft)

function isDraft(value: unknown): value is Draft {
  return (
    typeof value === 'object' &&
    value !== null &&
    'source' in value &&
    typeof value.source === 'string' &&
    'base' in value
  )
}
