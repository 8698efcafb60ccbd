/** All unsaved edits of the page. One guard (unsaved-guard.tsx) asks before any of them is lost. */

import { useId, useLayoutEffect, useRef, useSyncExternalStore } from 'react'

export type Unsaved = {
  /** What is unsaved, in words. */
  readonly what: string
  /** Whether the edit survives on that page of the app, so that nothing is lost by going there. */
  readonly survives: (path: string) => boolean
  readonly discard: () => void
  /** Saves, and calls back on success. Without it, the guard can't offer to save. */
  readonly save?: ((then: () => void) => void) | undefined
}

const edits = new Map<string, () => Unsaved>()
const watchers = new Set<() => void>()
let snapshot: readonly (() => Unsaved)[] = []

function update(): void {
  snapshot = [...edits.values()]
  for (const watcher of watchers) watcher()
}

/** Registers an edit while `isDirty`, so that it is not lost without a question. */
export function useUnsaved(isDirty: boolean, unsaved: Partial<Unsaved> & Pick<Unsaved, 'what' | 'discard'>): void {
  const id = useId()
  const latest = useRef(unsaved)
  latest.current = unsaved
  // Before a person sees it, and can leave it.
  useLayoutEffect(() => {
    if (!isDirty) return
    edits.set(id, () => ({ survives: () => false, ...latest.current }))
    update()
    return () => {
      edits.delete(id)
      update()
    }
  }, [id, isDirty])
}

/** All unsaved edits at this moment; a page that is drawn later has those of an earlier one. */
export const readUnsaved = (): readonly Unsaved[] => snapshot.map((read) => read())

/** All unsaved edits. */
export function useAllUnsaved(): readonly (() => Unsaved)[] {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher)
      return () => watchers.delete(watcher)
    },
    () => snapshot,
  )
}
