import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { LSPClient } from '@codemirror/lsp-client'
import { CodeWorkspace } from '../../web/src/features/workflows/editor/language/workspace.ts'

const unhandled: unknown[] = []
const note = (reason: unknown) => void unhandled.push(reason)
process.on('unhandledRejection', note)
after(() => void process.off('unhandledRejection', note))

const CODE = { source: 'def workflow(_request, settings):\n    return None\n', files: { 'lib/parse.py': 'x = 1\n' } }
const EDITOR = { code: () => CODE, open: () => null, view: () => null, replace: () => {} }
const SILENT = { send: () => {}, subscribe: () => {}, unsubscribe: () => {} }

test('a language server that never answers leaves no rejection without a handler', async () => {
  const client = new LSPClient({
    timeout: 1,
    workspace: (owner) => new CodeWorkspace(owner, EDITOR, 'file:///code', 'workflow.py'),
  })
  client.connect(SILENT)
  await assert.rejects(client.initializing, /timed out/)
  await setImmediate()
  assert.deepEqual(unhandled, [])
})

test('the files of the editor are open as soon as the language server has answered', async () => {
  const sent: { method: string; params: { textDocument?: { uri: string } } }[] = []
  let answer = (_text: string) => {}
  const client = new LSPClient({
    workspace: (owner) => new CodeWorkspace(owner, EDITOR, 'file:///code', 'workflow.py'),
  })
  client.connect({
    ...SILENT,
    send: (text) => void sent.push(JSON.parse(text)),
    subscribe: (handler) => {
      answer = handler
    },
  })
  assert.deepEqual(
    sent.map(({ method }) => method),
    ['initialize'],
  )
  answer(JSON.stringify({ jsonrpc: '2.0', id: 1, result: { capabilities: {} } }))
  await client.initializing
  await setImmediate()
  assert.deepEqual(
    sent.slice(1).map(({ method, params }) => [method, params.textDocument?.uri]),
    [
      ['initialized', undefined],
      ['textDocument/didOpen', 'file:///code/workflow.py'],
      ['textDocument/didOpen', 'file:///code/lib/parse.py'],
    ],
  )
})
