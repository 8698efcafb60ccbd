/** A missed change is seen at the next request. */

import type { Change } from '../../domain/runs/signal.ts'
import type { StoreUse } from '../../store/store.ts'

export type Changes = {
  /** Call it after the commit. */
  announce(change: Change): void
  listen(listener: (change: Change) => void): () => void
  close(): void
}

export function createChanges(store: StoreUse<{ servers: 'publish' | 'onSignal' }>): Changes {
  const listeners = new Set<(change: Change) => void>()
  const pass = (change: Change): void => {
    for (const listener of listeners) listener(change)
  }
  const close = store.servers.onSignal((signal) => {
    if (signal.kind === 'change') pass(signal.change)
  })
  return {
    announce(change) {
      pass(change)
      store.servers.publish({ kind: 'change', change })
    },
    listen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close,
  }
}
