import { type Diagnostic, setDiagnostics } from '@codemirror/lint'
import { Compartment, EditorState } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { useEffect, useRef } from 'react'
import { editorExtensions, settingsCompletion } from './editor-extensions.ts'

export type Problem = { line: number; message: string }
export type CodeEditorProps = {
  value: string
  onChange: (value: string) => void
  onSave: () => void
  onTest: () => void
  problem: Problem | null
  /** Names that `settings[…]` completes. */
  settingNames: readonly string[]
}

/** CodeMirror for Python. In a chunk of its own: import it lazily. */
export function CodeEditor(props: CodeEditorProps) {
  const host = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView>(null)
  const completion = useRef(new Compartment())
  const latest = useRef(props)
  latest.current = props

  useEffect(() => {
    if (host.current === null) return
    const editor = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: latest.current.value,
        extensions: [
          editorExtensions({ onSave: () => latest.current.onSave(), onTest: () => latest.current.onTest() }),
          completion.current.of(settingsCompletion(latest.current.settingNames)),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.onChange(update.state.doc.toString())
          }),
        ],
      }),
    })
    view.current = editor
    return () => {
      view.current = null
      editor.destroy()
    }
  }, [])

  useEffect(() => {
    const editor = view.current
    if (editor === null || editor.state.doc.toString() === props.value) return
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: props.value } })
  }, [props.value])

  useEffect(() => {
    view.current?.dispatch({ effects: completion.current.reconfigure(settingsCompletion(props.settingNames)) })
  }, [props.settingNames])

  useEffect(() => {
    if (view.current !== null) showProblem(view.current, props.problem)
  }, [props.problem])

  return <div ref={host} style={{ height: '100%', minHeight: 0 }} />
}

function showProblem(editor: EditorView, problem: Problem | null): void {
  const { doc } = editor.state
  const diagnostics: Diagnostic[] = []
  if (problem !== null) {
    const line = doc.line(Math.min(Math.max(1, problem.line), doc.lines))
    const indent = /^\s*/.exec(line.text)?.[0].length ?? 0
    diagnostics.push({
      from: Math.min(line.from + indent, line.to),
      to: line.to,
      severity: 'error',
      message: problem.message,
    })
    editor.dispatch({ effects: EditorView.scrollIntoView(line.from, { y: 'center' }) })
  }
  editor.dispatch(setDiagnostics(editor.state, diagnostics))
}
