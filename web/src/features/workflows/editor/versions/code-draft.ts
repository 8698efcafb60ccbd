import type { Draft } from '../../../../lib/forms/use-draft.ts'

/** The newest and the deployed version at the start of an edit, by number (0 for none). */
export type CodeBase = { readonly newest: number; readonly deployed: number }
/** Unsaved code with its base. */
export type CodeDraft = Draft<string, CodeBase>

/** Whether storage holds unsaved code. */
export function isCodeDraft(value: unknown): value is CodeDraft {
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
