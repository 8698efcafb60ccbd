import { type Extension, Text } from '@codemirror/state'
import { Decoration, EditorView } from '@codemirror/view'
import { useEffect, useRef } from 'react'
import { reading } from './editor-extensions.ts'

type Props = {
  label: string
  source: string
  line: number | null
}

/** Import it lazily: it is in the editor's chunk. */
export function CodeReader({ label, source, line }: Props) {
  const host = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (host.current === null) return
    const doc = Text.of(source.split(/\r\n?|\n/))
    const start = line === null || line > doc.lines ? null : doc.line(line).from
    const view = new EditorView({ parent: host.current, doc, extensions: [reading(label, source), mark(start)] })
    if (start !== null) view.dispatch({ effects: EditorView.scrollIntoView(start, { y: 'center' }) })
    return () => view.destroy()
  }, [label, source, line])
  return <div ref={host} />
}

const MARK = Decoration.line({ class: 'cm-markedLine', attributes: { 'aria-current': 'location' } })

const mark = (start: number | null): Extension =>
  start === null ? [] : EditorView.decorations.of(Decoration.set(MARK.range(start)))
