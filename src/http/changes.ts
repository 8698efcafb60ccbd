/** Tells live pages of this server what people changed; pages of other servers find out when they ask again. */

export type Change = {
  readonly workflowId: string | null
  /** `version.deploy`, `setting.set`…: the words of the audit. */
  readonly action: string
}

export type Changes = {
  announce(change: Change): void
  /** Returns how to stop. */
  listen(listener: (change: Change) => void): () => void
}

export function createChanges(): Changes {
  const listeners = new Set<(change: Change) => void>()
  return {
    announce(change) {
      for (const listener of listeners) listener(change)
    },
    listen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
