import { unifiedMergeView } from '@codemirror/merge'
import { EditorState } from '@codemirror/state'
import { EditorView, lineNumbers } from '@codemirror/view'
import { useEffect, useRef } from 'react'
import { readingExtensions } from './editor-extensions.ts'

/** Code to read; with `before`, what changed from there to here. In the editor's chunk: import it lazily. */
export function CodeDiff({ before, source }: { before: string | null; source: string }) {
  const host = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (host.current === null) return
    const merge =
      before === null
        ? []
        : [unifiedMergeView({ original: before, mergeControls: false, gutter: true, collapseUnchanged: {} })]
    const editor = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: source,
        extensions: [
          lineNumbers(),
          EditorState.readOnly.of(true),
          EditorView.contentAttributes.of({ tabindex: '0', 'aria-label': 'Code, read only' }),
          readingExtensions(),
          merge,
        ],
      }),
    })
    return () => editor.destroy()
  }, [before, source])
  return <div ref={host} style={{ maxHeight: '60vh', overflow: 'auto' }} />
}
