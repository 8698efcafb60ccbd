import type { Draft } from '../../../../lib/forms/use-draft.ts'
import { isNumber, isShaped, isText } from '../../../../lib/use-stored-state.ts'
import type { Code } from '../text/code.ts'

export type CodeBase = { readonly newest: number; readonly deployed: number }
export type CodeDraft = Draft<Code, CodeBase>

const isCode = isShaped<Code>({
  source: isText,
  files: (files) => typeof files === 'object' && files !== null && Object.values(files).every(isText),
})

export const isCodeDraft = isShaped<CodeDraft>({
  value: isCode,
  base: isShaped<CodeBase>({ newest: isNumber, deployed: isNumber }),
})
