import { useState } from 'react'
import type { Next } from '../use-stored-state.ts'

export type Draft<T, B> = { readonly value: T; readonly base: B }

type Options<T, B> = {
  current: B
  /** Saving would overwrite a newer change. */
  isStale: (draft: Draft<T, B>, current: B) => boolean
}

/** `rebase` keeps a stale edit, `discard` takes the server's state. */
export function useDraft<T, B>(options: Options<T, B>) {
  return useDraftOf(options, useState<Draft<T, B> | null>(null))
}

export type DraftState<T, B> = readonly [Draft<T, B> | null, (next: Next<Draft<T, B>>) => void]

export function useDraftOf<T, B>({ current, isStale }: Options<T, B>, [draft, set]: DraftState<T, B>) {
  return {
    draft,
    isStale: draft !== null && isStale(draft, current),
    set,
    /** Keeps the base of the first change. */
    edit: (value: T | ((before: T | null) => T)) =>
      set((now) => ({
        value: value instanceof Function ? value(now?.value ?? null) : value,
        base: now?.base ?? current,
      })),
    rebase: () => set((now) => (now === null ? null : { ...now, base: current })),
    discard: () => set(null),
  }
}
