import { type Draft, useStoredDraft } from '../../../../lib/forms/use-draft.ts'

/** The newest and the deployed version at the start of an edit, by number (0 for none). */
export type CodeBase = { readonly newest: number; readonly deployed: number }
/** Unsaved code with its base. */
export type CodeDraft = Draft<string, CodeBase>

/** The editor's unsaved text, kept in this browser: it survives other pages, a reload and a closed tab. */
export const useCodeDraft = (workflowId: string, current: CodeBase) =>
  useStoredDraft(`code:${workflowId}`, isCodeDraft, {
    current,
    isStale: ({ base }, now) => base.newest !== now.newest || base.deployed !== now.deployed,
  })

function isCodeDraft(value: unknown): value is CodeDraft {
  return (
    typeof value === 'object' &&
    value !== null &&
    'value' in value &&
    typeof value.value === 'string' &&
    'base' in value &&
    typeof value.base === 'object' &&
    value.base !== null &&
    'newest' in value.base &&
    typeof value.base.newest === 'number' &&
    'deployed' in value.base &&
    typeof value.base.deployed === 'number'
  )
}
