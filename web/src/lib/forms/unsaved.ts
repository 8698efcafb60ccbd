/** unsaved-guard.tsx asks before any unsaved edit is lost. */

import { useId, useLayoutEffect, useRef, useSyncExternalStore } from 'react'

export type Unsaved = {
  readonly what: string
  readonly survives: (path: string) => boolean
  readonly discard: () => void
  readonly save?: ((then: () => void) => void) | undefined
}

const edits = new Map<string, () => Unsaved>()
const watchers = new Set<() => void>()
let snapshot: readonly (() => Unsaved)[] = []

function update(): void {
  snapshot = [...edits.values()]
  for (const watcher of watchers) watcher()
}

export function useUnsaved(isDirty: boolean, unsaved: Partial<Unsaved> & Pick<Unsaved, 'what' | 'discard'>): void {
  const id = useId()
  const latest = useRef(unsaved)
  latest.current = unsaved
  // Before the person can leave the page.
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

/** Includes edits after the last render. */
export const readUnsaved = (): readonly Unsaved[] => snapshot.map((read) => read())

export function useAllUnsaved(): readonly (() => Unsaved)[] {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher)
      return () => watchers.delete(watcher)
    },
    () => snapshot,
  )
}
