import type { CompletionContext } from '@codemirror/autocomplete'
import { syntaxTree } from '@codemirror/language'

/** Enter takes the first option: a list behind a closed string would insert unwanted text. */
export function isNaming({ explicit, state, pos }: CompletionContext): boolean {
  const before = state.sliceDoc(pos - 1, pos)
  if (explicit || /[\w$.@/-]/.test(before)) return true
  const { from } = syntaxTree(state).resolveInner(pos, -1)
  return /^\w{0,2}["'`]$/.test(state.sliceDoc(from, pos))
}
