/** When the editor asks the language server for completions. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CompletionContext } from '@codemirror/autocomplete'
import { javascript } from '@codemirror/lang-javascript'
import { python } from '@codemirror/lang-python'
import { EditorState } from '@codemirror/state'
import { isNaming } from '../../web/src/features/workflows/editor/language/naming.ts'

/** `|` is the cursor. */
function names(text: string, explicit = false): boolean {
  const pos = text.indexOf('|')
  const extensions = text.includes('const') ? javascript({ typescript: true }) : python()
  const state = EditorState.create({ doc: text.replace('|', ''), extensions })
  return isNaming(new CompletionContext(state, pos, explicit))
}

test('no list of completions opens behind a closed string, so Enter inserts a line', () => {
  for (const text of [
    'return f"{n} jobs"|',
    "return f'{n}'|",
    'x = ""|',
    'x = "a"|',
    'x = """a"""|',
    'x = [|]',
    'f(|)',
    'const a = `jobs`|',
    'const a = "b"|',
  ])
    assert.equal(names(text), false, text)
})

test('a list of completions opens in a name, behind a dot, where a string starts, and when it is asked for', () => {
  for (const text of [
    'sess|',
    'session.|',
    'x["|"]',
    'x = f"|"',
    'import lib.|',
    'const a = "|"',
    'const a = "npm:@|"',
  ])
    assert.equal(names(text), true, text)
  assert.equal(names('return f"{n} jobs"|', true), true)
})
