import { useSessionState } from '../../../../lib/use-stored-state.ts'

/** Unsaved text, with the newest and the deployed version at the start of the edit (0 for none). */
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
