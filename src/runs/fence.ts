/** Keeps a server whose lease is in doubt from starting runs. Peers may already have taken over what it stored before. */

import { UserError } from '../errors.ts'

export type Fence = {
  /** True while this server must not start runs. */
  readonly isClosed: boolean
  /** Counts how often the fence was closed. A run belongs to the epoch in which its row was written. */
  readonly epoch: number
  close(): void
  open(): void
  /** Whether a run that was stored in this epoch still belongs to this server. */
  owns(epoch: number): boolean
  /** Throws UserError `unavailable` while the fence is closed. */
  assertOpen(): void
}

/** Returns an open fence, in epoch 0. */
export function createFence(): Fence {
  let isClosed = false
  let epoch = 0
  return {
    get isClosed() {
      return isClosed
    },
    get epoch() {
      return epoch
    },
    close() {
      isClosed = true
      epoch += 1
    },
    open() {
      isClosed = false
    },
    owns: (storedIn) => !isClosed && storedIn === epoch,
    assertOpen() {
      if (isClosed) throw fenced()
    },
  }
}

/** The error for callers of a server that lost its lease. */
export const fenced = (): UserError =>
  new UserError('unavailable', 'This server lost contact with its database. Call again in a moment.', {
    retryAfterSeconds: 5,
  })
