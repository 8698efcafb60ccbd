/** Notifies live pages of changes that people make on any server. A page that misses one sees it at its next request. */

import type { Change } from '../../domain/signal.ts'
import type { Store } from '../../store/store.ts'

export type Changes = {
  /** Notifies all pages. Call it after the change is committed. */
  announce(change: Change): void
  /** Returns the function that removes the listener. */
  listen(listener: (change: Change) => void): () => void
  /** Stops listening to peers. */
  close(): void
}

export function createChanges(store: Pick<Store, 'publish' | 'onSignal'>): Changes {
  const listeners = new Set<(change: Change) => void>()
  const pass = (change: Change): void => {
    for (const listener of listeners) listener(change)
  }
  const close = store.onSignal((signal) => {
    if (signal.kind === 'change') pass(signal.change)
  })
  return {
    announce(change) {
      pass(change)
      store.publish({ kind: 'change', change })
    },
    listen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close,
  }
}
