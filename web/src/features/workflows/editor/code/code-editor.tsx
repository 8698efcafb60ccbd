import { forceLinting, linter } from '@codemirror/lint'
import { diff } from '@codemirror/merge'
import { EditorState, StateEffect } from '@codemirror/state'
import { EditorView, type ViewUpdate } from '@codemirror/view'
import { type Ref, useEffect, useImperativeHandle, useRef } from 'react'
import type { Language } from '../../../../lib/kinds.ts'
import type { Names } from './completions.ts'
import { fromProblem, fromRuff, type Problem } from './diagnostics.ts'
import { editorExtensions } from './editor-extensions.ts'
import { format, lint } from './ruff.ts'

/** The methods that the buttons around the editor call. */
export type EditorHandle = { format: () => Promise<void> }
export type CodeEditorProps = {
  ref?: Ref<EditorHandle>
  value: string
  onChange: (value: string) => void
  onFormat: () => void
  problem: Problem | null
  names: Names
  /** For viewers; fixed when the editor is created. */
  readOnly: boolean
  /** The Python that will run it, as `3.11`; null while unknown. */
  pythonVersion: string | null
  /** Fixed when the editor is created. */
  language: Language
}

/** CodeMirror, for Python with Ruff. In a chunk of its own: import it lazily. */
export function CodeEditor(props: CodeEditorProps) {
  const host = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView>(null)
  const latest = useRef(props)
  latest.current = props

  useEffect(() => {
    if (host.current === null) return
    const editor = createEditor(host.current, () => latest.current)
    view.current = editor
    return () => {
      view.current = null
      editor.destroy()
    }
  }, [])

  useEffect(() => {
    if (view.current !== null) replaceText(view.current, props.value)
  }, [props.value])

  useEffect(() => {
    const editor = view.current
    if (editor === null) return
    // Forcing alone does not check an unchanged text again.
    editor.dispatch({ effects: problemChanged.of(null) })
    forceLinting(editor)
    if (props.problem === null) return
    const line = editor.state.doc.line(Math.min(Math.max(1, props.problem.line), editor.state.doc.lines))
    editor.dispatch({ effects: EditorView.scrollIntoView(line.from, { y: 'center' }) })
    if (props.problem.isWanted !== true) return
    editor.dispatch({ selection: { anchor: line.from } })
    editor.focus()
  }, [props.problem])

  useImperativeHandle(props.ref, () => ({
    async format() {
      const editor = view.current
      if (editor === null || latest.current.language !== 'python') return
      const before = editor.state.doc
      const formatted = await format(before.toString(), latest.current.pythonVersion)
      if (editor.state.doc === before) replaceText(editor, formatted)
    },
  }))

  return <div ref={host} style={{ height: '100%', minHeight: 0 }} />
}

const LINT_DELAY_MS = 400
const problemChanged = StateEffect.define<null>()
const hasProblemChanged = ({ transactions }: ViewUpdate): boolean =>
  transactions.some(({ effects }) => effects.some((effect) => effect.is(problemChanged)))

function createEditor(parent: HTMLElement, props: () => CodeEditorProps): EditorView {
  // Two linters, so that the server's error shows while Ruff is still starting.
  const ofServer = linter(
    ({ state: { doc } }) => {
      const { problem } = props()
      return problem === null ? [] : [fromProblem(doc, problem)]
    },
    { needsRefresh: hasProblemChanged },
  )
  const ofRuff = linter(
    // Without Ruff the editor still works.
    async ({ state: { doc } }) => fromRuff(doc, await lint(doc.toString(), props().pythonVersion).catch(() => [])),
    { delay: LINT_DELAY_MS },
  )
  return new EditorView({
    parent,
    state: EditorState.create({
      doc: props().value,
      extensions: [
        editorExtensions({
          onFormat: () => props().onFormat(),
          names: () => props().names,
          language: props().language,
        }),
        EditorState.readOnly.of(props().readOnly),
        ofServer,
        ...(props().language === 'python' ? [ofRuff] : []),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) props().onChange(update.state.doc.toString())
        }),
      ],
    }),
  })
}

/** Changes only what differs, so that the cursor and the undo history are kept. */
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
