import type { Draft } from '../../../../lib/forms/use-draft.ts'
import type { Code } from '../text/code.ts'

export type CodeBase = { readonly newest: number; readonly deployed: number }
export type CodeDraft = Draft<Code, CodeBase>

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
