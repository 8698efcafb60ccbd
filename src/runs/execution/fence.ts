/** A server whose lease or clock is in doubt starts no runs: peers may have taken over its runs. */

import { setTimeout as delay } from 'node:timers/promises'
import { isDatabaseAway, UserError } from '../../errors.ts'

export type Fence = {
  readonly isOpen: boolean
  /** A run belongs to the epoch in which its row was written. */
  readonly epoch: number
  close(): void
  open(): void
  hold(why: string | null): void
  owns(epoch: number): boolean
  assertOpen(): void
  assertNotHeld(): void
}

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

export const fenced = (): UserError =>
  new UserError('unavailable', 'This server lost contact with its database. Call again in a moment.', {
    retryAfterSeconds: 5,
  })

const FIRST_WAIT_MS = 50
const MAX_WAIT_MS = 1000

/** A claimed run goes back to the queue if its data are not read. A restarted database answers within seconds. */
export async function readAgain<T>(fence: Fence, epoch: number, read: () => Promise<T>): Promise<T> {
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, MAX_WAIT_MS)) {
    try {
      return await read()
    } catch (error) {
      if (!isDatabaseAway(error) || !fence.owns(epoch)) throw error
      await delay(waitMs)
    }
  }
}
