import { forceLinting, linter } from '@codemirror/lint'
import { formatDocument } from '@codemirror/lsp-client'
import { diff } from '@codemirror/merge'
import { EditorState, StateEffect } from '@codemirror/state'
import { EditorView, type ViewUpdate } from '@codemirror/view'
import { type Ref, useEffect, useImperativeHandle, useRef } from 'react'
import { t } from '../../../lib/i18n/t.ts'
import { fromProblem, fromRuff, type Problem } from './code/diagnostics.ts'
import { editorExtensions } from './code/editor-extensions.ts'
import { format, lint } from './code/ruff.ts'
import { fromServer } from './code/server-diagnostics.ts'
import { type LanguageProps, useLanguage } from './language/use-language.ts'

export type EditorHandle = { format: () => Promise<void> }
export type CodeEditorProps = LanguageProps & {
  ref?: Ref<EditorHandle>
  value: string
  onChange: (value: string) => void
  onFormat: () => void
  problem: Problem | null
  goal: { path: string | null; line: number } | null
  /** Fixed at creation. */
  readOnly: boolean
  /** Such as `3.11`. Null while unknown. */
  pythonVersion: string | null
  /** Importable by the code. */
  packages: readonly string[]
}

/** Import it lazily: it has its own chunk. */
export function CodeEditor(props: CodeEditorProps) {
  const host = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView>(null)
  const states = useRef(new Map<string | null, EditorState>())
  const shown = useRef(props.path)
  const latest = useRef(props)
  latest.current = props
  const language = useLanguage(view, props, () => view.current !== null && lintAgain(view.current))
  const applyLanguage = useRef(language.apply)
  applyLanguage.current = language.apply
  const newState = useRef(() => createState(() => latest.current, language))

  useEffect(() => {
    if (host.current === null) return
    const editor = new EditorView({ parent: host.current, state: newState.current() })
    view.current = editor
    return () => {
      view.current = null
      editor.destroy()
    }
  }, [])

  useEffect(() => {
    const editor = view.current
    if (editor === null) return
    if (shown.current !== props.path) {
      states.current.set(shown.current, editor.state)
      shown.current = props.path
      // setState keeps the measurements that tooltips asked for, and a shorter text has no such place. This does them.
      editor.coordsAtPos(0)
      editor.setState(states.current.get(props.path) ?? newState.current())
      applyLanguage.current()
    }
    replaceText(editor, props.value)
  }, [props.path, props.value])

  useEffect(() => {
    const editor = view.current
    if (editor === null) return
    lintAgain(editor)
    if (props.problem === null) return
    const line = editor.state.doc.line(Math.min(Math.max(1, props.problem.line), editor.state.doc.lines))
    editor.dispatch({ effects: EditorView.scrollIntoView(line.from, { y: 'center' }) })
    if (props.problem.isWanted !== true) return
    editor.dispatch({ selection: { anchor: line.from } })
    editor.focus()
  }, [props.problem])

  useEffect(() => {
    const editor = view.current
    if (editor === null || props.goal === null || props.goal.path !== latest.current.path) return
    const { from } = editor.state.doc.line(Math.min(Math.max(1, props.goal.line), editor.state.doc.lines))
    editor.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: 'center' }) })
    editor.focus()
  }, [props.goal])

  useImperativeHandle(props.ref, () => ({ format: () => formatCode(view.current, latest.current) }))

  return <div ref={host} style={{ height: '100%', minHeight: 0 }} />
}

async function formatCode(editor: EditorView | null, { language, pythonVersion }: CodeEditorProps): Promise<void> {
  if (editor === null) return
  if (language === 'python') {
    const before = editor.state.doc
    const formatted = await format(before.toString(), pythonVersion)
    if (editor.state.doc === before) replaceText(editor, formatted)
  } else if (!formatDocument(editor)) {
    throw new Error(t('The language server formats TypeScript, and it is not connected.'))
  }
}

const LINT_DELAY_MS = 400
const problemChanged = StateEffect.define<null>()
const hasProblemChanged = ({ transactions }: ViewUpdate): boolean =>
  transactions.some(({ effects }) => effects.some((effect) => effect.is(problemChanged)))

/** Forcing does not lint an unchanged text. */
function lintAgain(editor: EditorView): void {
  editor.dispatch({ effects: problemChanged.of(null) })
  forceLinting(editor)
}

function createState(props: () => CodeEditorProps, language: ReturnType<typeof useLanguage>): EditorState {
  // The server's error must not wait for the others.
  const ofServer = linter(
    ({ state: { doc } }) => {
      const { problem } = props()
      return problem === null ? [] : [fromProblem(doc, problem)]
    },
    { needsRefresh: hasProblemChanged },
  )
  const ofTypes = linter(({ state: { doc } }) => fromServer(doc, language.found()), { needsRefresh: hasProblemChanged })
  const ofRuff = linter(
    async ({ state: { doc } }) => {
      const { packages, pythonVersion } = props()
      return fromRuff(doc, await lint(doc.toString(), pythonVersion).catch(() => []), packages)
    },
    { delay: LINT_DELAY_MS },
  )
  return EditorState.create({
    doc: props().value,
    extensions: [
      editorExtensions({
        onFormat: () => props().onFormat(),
        language: props().language,
        path: props().path,
      }),
      EditorState.readOnly.of(props().readOnly),
      language.extension(),
      ofServer,
      ...(props().language === 'python' ? [ofRuff] : []),
      ofTypes,
      EditorView.updateListener.of((update) => {
        if (!update.docChanged) return
        language.wake()
        props().onChange(update.state.doc.toString())
      }),
    ],
  })
}

/** Keeps the cursor and the undo history. */
function replaceText(editor: EditorView, text: string): void {
  const before = editor.state.doc.toString()
  if (before === text) return
  const changes = diff(before, text, { scanLimit: 500 }).map(({ fromA, toA, fromB, toB }) => ({
    from: fromA,
    to: toA,
    insert: text.slice(fromB, toB),
  }))
  editor.dispatch({ changes })
}
