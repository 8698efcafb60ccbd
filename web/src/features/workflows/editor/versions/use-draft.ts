import { useSessionState } from '../../../../lib/use-stored-state.ts'

/** Text that is not saved yet, and by number what it was started from (0: none): the newest version, and the deployed one. */
export type Draft = { base: number; deployed: number; source: string }

/** The editor's unsaved text; it survives other pages of the app and loading the page again. */
export const useDraft = (workflowId: string) => useSessionState<Draft>(`draft:${workflowId}`, isDraft)

function isDraft(value: unknown): value is Draft {
  return (
    typeof value === 'object' &&
    value !== null &&
    'source' in value &&
    typeof value.source === 'string' &&
    'base' in value &&
    typeof value.base === 'number' &&
    'deployed' in value &&
    typeof value.deployed === 'number'
  )
}
