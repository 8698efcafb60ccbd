import type { Draft } from '../../../../lib/forms/use-draft.ts'
import type { Code } from '../files/code.ts'

/** The newest and the deployed version at the start of an edit, by number (0 for none). */
export type CodeBase = { readonly newest: number; readonly deployed: number }
/** Unsaved code with its base. */
export type CodeDraft = Draft<Code, CodeBase>

/** Whether storage holds unsaved code. */
export function isCodeDraft(value: unknown): value is CodeDraft {
  return (
    typeof value === 'object' &&
    value !== null &&
    'value' in value &&
    isCode(value.value) &&
    'base' in value &&
    typeof value.base === 'object' &&
    value.base !== null &&
    'newest' in value.base &&
    typeof value.base.newest === 'number' &&
    'deployed' in value.base &&
    typeof value.base.deployed === 'number'
  )
}

const isCode = (value: unknown): value is Code =>
  typeof value === 'object' &&
  value !== null &&
  'source' in value &&
  typeof value.source === 'string' &&
  'files' in value &&
  typeof value.files === 'object' &&
  value.files !== null &&
  Object.values(value.files).every((text) => typeof text === 'string')
