/** What the editor offers while one types: its own completions alone, or with those of a language server. */

import { autocompletion, type CompletionSource, closeCompletion, completionStatus } from '@codemirror/autocomplete'
import { pythonLanguage } from '@codemirror/lang-python'
import {
  hoverTooltips,
  type LSPClient,
  LSPPlugin,
  renameKeymap,
  serverCompletionSource,
  signatureHelp,
} from '@codemirror/lsp-client'
import type { Extension } from '@codemirror/state'
import { EditorView, keymap } from '@codemirror/view'
import { completeWorkflow, type Names } from '../code/completions.ts'

/** `autocompletion` closes a list that is open on blur; one that is still waited for would open over a dialog. */
const closeWhenLeft = EditorView.domEventHandlers({
  blur: (_event, view) => {
    if (completionStatus(view.state) === 'pending') setTimeout(() => closeCompletion(view))
  },
})

/** Without a language server. */
export const ownAssistance = (names: () => Names): Extension => [
  autocompletion(),
  closeWhenLeft,
  pythonLanguage.data.of({ autocomplete: completeWorkflow(names) }),
]

type Served = {
  readonly client: LSPClient
  readonly uri: string
  readonly names: () => Names
  readonly onDefinition: (uri: string, line: number) => void
}

/** With one: its completions follow ours, which know the workflow's settings and the SDK. */
export function servedAssistance({ client, uri, names, onDefinition }: Served): Extension {
  const own = completeWorkflow(names)
  const both: CompletionSource = async (context) => (await own(context)) ?? (await serverCompletionSource(context))
  const jump = (view: EditorView, position: number) => void findDefinition(view, position, onDefinition)
  return [
    client.plugin(uri, 'python'),
    autocompletion({ override: [both] }),
    closeWhenLeft,
    hoverTooltips(),
    signatureHelp(),
    keymap.of([
      ...renameKeymap,
      {
        key: 'F12',
        preventDefault: true,
        run: (view) => {
          jump(view, view.state.selection.main.head)
          return true
        },
      },
    ]),
  ]
}

type Location = { readonly uri: string; readonly range: { readonly start: { readonly line: number } } }
type Found = Location | readonly Location[] | null

async function findDefinition(view: EditorView, position: number, show: Served['onDefinition']): Promise<void> {
  const plugin = LSPPlugin.get(view)
  if (plugin === null) return
  plugin.client.sync()
  const params = { textDocument: { uri: plugin.uri }, position: plugin.toPosition(position) }
  const found = await plugin.client.request<typeof params, Found>('textDocument/definition', params).catch(() => null)
  const [first] = found === null ? [] : [found].flat()
  if (first !== undefined) show(first.uri, first.range.start.line + 1)
}
