import { useState } from 'react'
import type { Next } from '../use-stored-state.ts'

/** An edit that is not saved yet, and the state of the server that it was made from. */
export type Draft<T, B> = { readonly value: T; readonly base: B }

type Options<T, B> = {
  /** The state of the server now. */
  current: B
  /** Whether the server changed since the edit began, so that saving would overwrite someone else's change. */
  isStale: (draft: Draft<T, B>, current: B) => boolean
}

/** One edit with its base. A stale draft needs a choice: `rebase` keeps the edit, `discard` takes the server's state. */
export function useDraft<T, B>(options: Options<T, B>) {
  return useDraftOf(options, useState<Draft<T, B> | null>(null))
}

export type DraftState<T, B> = readonly [Draft<T, B> | null, (next: Next<Draft<T, B>>) => void]

/** The same for a draft that is kept elsewhere. */
export function useDraftOf<T, B>({ current, isStale }: Options<T, B>, [draft, set]: DraftState<T, B>) {
  return {
    draft,
    isStale: draft !== null && isStale(draft, current),
    set,
    /** Changes the edit; its base stays that of its first change. */
    edit: (value: T | ((before: T | null) => T)) =>
      set((now) => ({
        value: value instanceof Function ? value(now?.value ?? null) : value,
        base: now?.base ?? current,
      })),
    rebase: () => set((now) => (now === null ? null : { ...now, base: current })),
    discard: () => set(null),
  }
}
