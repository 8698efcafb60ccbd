import {
  autocompletion,
  CompletionContext,
  type CompletionSource,
  closeCompletion,
  completionStatus,
  startCompletion,
} from '@codemirror/autocomplete'
import { globalCompletion, localCompletionSource } from '@codemirror/lang-python'
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
import type { Language } from '../../../../lib/kinds.ts'
import { completeScript, completeWorkflow, type Names } from '../code/completions.ts'
import { isNaming } from './naming.ts'

/** On blur, `autocompletion` closes an open list, but a pending one would open over a dialog. */
const closeWhenLeft = EditorView.domEventHandlers({
  blur: (_event, view) => {
    if (completionStatus(view.state) === 'pending') setTimeout(() => closeCompletion(view))
  },
})

/** Null while the names load. */
export type FindNames = () => Names | null

export const completions = (language: Language, names: FindNames): Extension => [
  autocompletion({ override: language === 'python' ? pythonSources(names) : scriptSources(names) }),
  closeWhenLeft,
]

/**
 * Built-in completions apply only without a server. The sources never change: an open list of another source ignores
 * clicks.
 */
function pythonSources(names: FindNames): CompletionSource[] {
  const own = ownSource('python', names)
  const best: CompletionSource = async (context) => (await own(context)) ?? (await ofServer(context))
  return [best, alone(localCompletionSource), alone(globalCompletion)]
}

/** TypeScript does not know the settings' names, but more of the request than its fields. */
const scriptSources = (names: FindNames): CompletionSource[] => [
  ownSource('javascript', names),
  ofServer,
  alone(ofLanguage),
]

const ownSource =
  (language: Language, names: FindNames): CompletionSource =>
  (context) => {
    const found = names()
    if (found === null) return null
    return language === 'python' ? completeWorkflow(found)(context) : completeScript(found)(context)
  }

/**
 * Opens the list when its names come after the typing. CodeMirror would keep an empty list, and a waiting source would
 * lose later keys.
 */
export async function completeLate(view: EditorView, language: Language, names: Names): Promise<void> {
  if (!view.hasFocus) return
  const context = new CompletionContext(view.state, view.state.selection.main.head, false)
  if ((await ownSource(language, () => names)(context)) === null) return
  // CodeMirror starts no second query, and the active one lacks the names. A selection ends it.
  if (completionStatus(view.state) === 'pending') view.dispatch({ selection: view.state.selection })
  startCompletion(view)
}

const ofServer: CompletionSource = (context) => (isNaming(context) ? serverCompletionSource(context) : null)

const ofLanguage: CompletionSource = async (context) => {
  const sources = context.state.languageDataAt<CompletionSource>('autocomplete', context.pos)
  const found = (await Promise.all(sources.map((source) => source(context)))).filter((result) => result !== null)
  const [first] = found
  return first === undefined ? null : { ...first, options: found.flatMap(({ options }) => options) }
}

const alone =
  (source: CompletionSource): CompletionSource =>
  (context) =>
    isServed(context) ? null : source(context)

const isServed = ({ view }: CompletionContext) => view !== undefined && LSPPlugin.get(view) !== null

type Served = {
  readonly client: LSPClient
  readonly language: Language
  readonly uri: string
  readonly onDefinition: (uri: string, line: number) => void
}

export function servedAssistance({ client, language, uri, onDefinition }: Served): Extension {
  const jump = (view: EditorView, position: number) => void findDefinition(view, position, onDefinition)
  return [
    client.plugin(uri, language),
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
