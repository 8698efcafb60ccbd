import { Chunk, MergeView, unifiedMergeView } from '@codemirror/merge'
import { EditorState, Text } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { useMediaQuery } from '@mantine/hooks'
import { useEffect, useRef } from 'react'
import { t } from '../../../../lib/i18n/t.ts'
import classes from './code-compare.module.css'
import { reading } from './editor-extensions.ts'

export type Side = { readonly label: string; readonly source: string }
type Props = { before: Side | null; after: Side }

const FOLD = { margin: 3, minSize: 6 }

/** Import it lazily: it is in the editor's chunk. */
export function CodeCompare({ before, after }: Props) {
  const host = useRef<HTMLDivElement>(null)
  const isNarrow = useMediaQuery('(max-width: 62em)', false, { getInitialValueInEffect: false })
  const same = before?.source === after.source
  useEffect(() => {
    if (host.current === null) return
    const shown = show(host.current, before, after, isNarrow)
    return () => shown.destroy()
  }, [before, after, isNarrow])
  return (
    <div className={classes.frame}>
      {before === null ? null : (
        <div className={classes.labels}>
          <span className={classes.before}>{before.label}</span>
          <span>{after.label}</span>
        </div>
      )}
      {same ? <div className={classes.same}>{t('No differences.')}</div> : null}
      <div ref={host} className={classes.code} />
    </div>
  )
}

/** False if marks would cover almost all text. */
function hasFewChanges(before: string, after: string): boolean {
  let [marked, whole] = [0, 0]
  for (const chunk of Chunk.build(lines(before), lines(after))) {
    if (chunk.toA === chunk.fromA || chunk.toB === chunk.fromB) continue
    whole += chunk.toA - chunk.fromA + chunk.toB - chunk.fromB
    for (const { fromA, toA, fromB, toB } of chunk.changes) marked += toA - fromA + toB - fromB
  }
  return marked < whole / 2
}

const lines = (source: string): Text => Text.of(source.split('\n'))

function show(parent: HTMLElement, before: Side | null, after: Side, isNarrow: boolean): { destroy(): void } {
  const highlightChanges = before === null || hasFewChanges(before.source, after.source)
  if (before !== null && !isNarrow) {
    return new MergeView({
      parent,
      a: { doc: before.source, extensions: reading(before.label, before.source) },
      b: { doc: after.source, extensions: reading(after.label, after.source) },
      collapseUnchanged: FOLD,
      gutter: true,
      highlightChanges,
    })
  }
  const merge =
    before === null
      ? []
      : unifiedMergeView({
          original: before.source,
          mergeControls: false,
          gutter: true,
          highlightChanges,
          collapseUnchanged: FOLD,
        })
  return new EditorView({
    parent,
    state: EditorState.create({ doc: after.source, extensions: [reading(after.label, after.source), merge] }),
  })
}
