/**
 * Keeps a server whose lease is in doubt from starting runs: peers may already have taken over what it stored before. And one whose clock
 * is wrong from taking in runs: those that it has go on.
 */

import { UserError } from '../errors.ts'

export type Fence = {
  /** False while this server must not take in runs: it is closed, or held. */
  readonly isOpen: boolean
  /** Counts how often the fence was closed. A run belongs to the epoch in which its row was written. */
  readonly epoch: number
  close(): void
  open(): void
  /** Takes in no runs, for this reason; null: again. */
  hold(why: string | null): void
  /** Whether a run that was stored in this epoch still belongs to this server. */
  owns(epoch: number): boolean
  /** Throws UserError `unavailable` while the fence is closed, or held. */
  assertOpen(): void
  /** Throws UserError `unavailable` while it is held. */
  assertNotHeld(): void
}

/** Returns an open fence, in epoch 0. */
export function createFence(): Fence {
  let isClosed = false
  let epoch = 0
  let held: string | null = null
  const assertNotHeld = (): void => {
    if (held !== null) throw new UserError('unavailable', held, { retryAfterSeconds: 5 })
  }
  return {
    get isOpen() {
      return !isClosed && held === null
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
    hold(why) {
      held = why
    },
    owns: (storedIn) => !isClosed && storedIn === epoch,
    assertOpen() {
      if (isClosed) throw fenced()
      assertNotHeld()
    },
    assertNotHeld,
  }
}

/** The error for callers of a server that lost its lease. */
export const fenced = (): UserError =>
  new UserError('unavailable', 'This server lost contact with its database. Call again in a moment.', {
    retryAfterSeconds: 5,
  })
