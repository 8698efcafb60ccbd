import { Compartment } from '@codemirror/state'
import type { EditorView } from '@codemirror/view'
import { type RefObject, useEffect, useRef } from 'react'
import type { Language } from '../../../../lib/kinds.ts'
import type { Names } from '../code/completions.ts'
import type { ServerDiagnostic } from '../code/server-diagnostics.ts'
import { type Code, type OpenPath, pathsOf } from '../text/code.ts'
import { completeLate, completions, servedAssistance } from './assistance.ts'
import { connectLanguage, type LanguageConnection, type LanguageState } from './connection.ts'
import type { LibraryFile } from './library-modal.tsx'
import type { Editor } from './workspace.ts'

export type LanguageProps = {
  workflowId: string
  code: Code
  path: OpenPath
  /** Null while the settings load. */
  names: Names | null
  language: Language
  /** A change restarts the language server. */
  installed: string
  onCode: (code: Code) => void
  onOpen: (path: OpenPath, line: number) => void
  onLibrary: (file: LibraryFile) => void
  /** `detail`: null while there may be a language server. */
  onAbsent: (detail: string | null) => void
}

export function useLanguage(view: RefObject<EditorView | null>, props: LanguageProps, onFound: () => void) {
  const latest = useRef({ props, onFound })
  latest.current = { props, onFound }
  const compartment = useRef(new Compartment())
  const state = useRef<LanguageState>({ name: 'connecting' })
  const connection = useRef<LanguageConnection>(null)
  const found = useRef(new Map<string, readonly ServerDiagnostic[]>())
  const names = () => latest.current.props.names
  useLateNames(view, props)

  const apply = () => {
    const { current } = state
    const extension =
      current.name === 'ready'
        ? servedAssistance({
            client: current.client,
            language: latest.current.props.language,
            uri: current.workspace.uriOf(latest.current.props.path),
            onDefinition: (uri, line) =>
              void show({ latest: latest.current.props, state: current, connection }, uri, line),
          })
        : []
    view.current?.dispatch({ effects: compartment.current.reconfigure(extension) })
  }

  const { workflowId, language, installed, code } = props
  // biome-ignore lint/correctness/useExhaustiveDependencies: what else it reads is the latest, by reference
  useEffect(() => {
    const opened = connectLanguage({
      workflowId,
      editor: editorOf(view, () => latest.current.props),
      onState: (next) => {
        state.current = next
        if (next.name !== 'ready') found.current.clear()
        latest.current.props.onAbsent(next.name === 'absent' ? next.detail : null)
        apply()
        latest.current.onFound()
      },
      onDiagnostics: (uri, diagnostics) => {
        found.current.set(uri, diagnostics)
        latest.current.onFound()
      },
    })
    connection.current = opened
    return () => {
      connection.current = null
      opened.close()
    }
  }, [workflowId, language, installed])

  const paths = pathsOf(code).join('\n')
  // biome-ignore lint/correctness/useExhaustiveDependencies: only the list of files matters here
  useEffect(() => {
    if (state.current.name === 'ready') state.current.workspace.follow()
  }, [paths])

  return {
    extension: () => [completions(language, names), compartment.current.of([])],
    apply,
    found: (): readonly ServerDiagnostic[] => {
      const { current } = state
      if (current.name !== 'ready') return []
      return found.current.get(current.workspace.uriOf(latest.current.props.path)) ?? []
    },
    wake: () => connection.current?.wake(),
  }
}

function useLateNames(view: RefObject<EditorView | null>, { language, names }: LanguageProps): void {
  const areLoaded = names !== null
  // biome-ignore lint/correctness/useExhaustiveDependencies: only the first names can be late
  useEffect(() => {
    if (view.current !== null && names !== null) void completeLate(view.current, language, names)
  }, [areLoaded])
}

const editorOf = (view: RefObject<EditorView | null>, props: () => LanguageProps): Editor => ({
  code: () => props().code,
  open: () => props().path,
  view: () => view.current,
  replace: (next) => props().onCode(next),
})

type Shown = { latest: LanguageProps; state: LanguageState; connection: RefObject<LanguageConnection | null> }

async function show({ latest, state, connection }: Shown, uri: string, line: number): Promise<void> {
  const path = state.name === 'ready' ? state.workspace.pathOf(uri) : undefined
  if (path !== undefined) return latest.onOpen(path, line)
  const text = (await connection.current?.read(uri)) ?? null
  const name = decodeURIComponent(uri).split('/').slice(-2).join('/')
  if (text !== null) latest.onLibrary({ name, text, line })
}
