/** Tells live pages what people change, whichever server they do it on; a page that was not told finds out when it asks again. */

import type { Change } from '../../domain/signal.ts'
import type { Store } from '../../store/store.ts'

export type Changes = {
  /** Once it is made. */
  announce(change: Change): void
  /** Returns how to stop. */
  listen(listener: (change: Change) => void): () => void
  /** Hears no more of other servers. */
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
