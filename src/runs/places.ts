/** Places: how many runs of one workflow may be under way at once, and who waits for the next. */

import { UserError } from '../errors.ts'

export type Places = {
  /** Waits, first come first served, for at most `waitMs`; then throws UserError `busy`. Gives how to leave the place. */
  take(workflowId: string, most: number, waitMs: number): Promise<() => void>
  /** A place at once, or null. */
  tryTake(workflowId: string, most: number): (() => void) | null
  /** Workflows that have no free place now. */
  full(): readonly string[]
  readonly waiting: number
  /** Ends everybody's wait with UserError `stopping`. */
  close(): void
}

type Waiter = { readonly enter: () => void; readonly refuse: (error: UserError) => void }
type Room = { most: number; taken: number; readonly waiters: Set<Waiter> }

/** More callers than this may not wait for one workflow: each one holds its request in memory. */
const MAX_WAITING = 1000

export function createPlaces(): Places {
  const rooms = new Map<string, Room>()
  let closed = false

  const roomOf = (workflowId: string, most: number): Room => {
    const room = rooms.get(workflowId) ?? { most, taken: 0, waiters: new Set() }
    rooms.set(workflowId, room)
    room.most = most
    admit(room)
    return room
  }
  const enter = (workflowId: string, room: Room): (() => void) => {
    room.taken += 1
    let left = false
    return () => {
      if (left) return
      left = true
      room.taken -= 1
      admit(room)
      if (room.taken === 0 && room.waiters.size === 0) rooms.delete(workflowId)
    }
  }
  const tryTake = (workflowId: string, most: number): (() => void) | null => {
    const room = roomOf(workflowId, most)
    return room.taken < room.most && room.waiters.size === 0 ? enter(workflowId, room) : null
  }

  return {
    tryTake,
    async take(workflowId, most, waitMs) {
      if (closed) throw stopping()
      const leave = tryTake(workflowId, most)
      if (leave !== null) return leave
      const room = roomOf(workflowId, most)
      if (waitMs === 0 || room.waiters.size >= MAX_WAITING) throw busy(room.most, 0)
      return await waitFor(room, waitMs, () => enter(workflowId, room))
    },
    full: () => [...rooms].filter(([, room]) => room.taken >= room.most).map(([workflowId]) => workflowId),
    get waiting() {
      return [...rooms.values()].reduce((sum, { waiters }) => sum + waiters.size, 0)
    },
    close() {
      closed = true
      for (const room of rooms.values()) for (const waiter of room.waiters) waiter.refuse(stopping())
    },
  }
}

/** Lets in who has waited longest, as far as there are places. */
function admit(room: Room): void {
  for (const waiter of room.waiters) {
    if (room.taken >= room.most) return
    waiter.enter()
  }
}

function waitFor(room: Room, waitMs: number, enter: () => () => void): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer)
      room.waiters.delete(waiter)
    }
    const waiter: Waiter = {
      enter: () => {
        end()
        resolve(enter())
      },
      refuse: (error) => {
        end()
        reject(error)
      },
    }
    const timer = setTimeout(() => waiter.refuse(busy(room.most, waitMs)), waitMs)
    room.waiters.add(waiter)
  })
}

export const busy = (most: number, waitMs: number): UserError =>
  new UserError(
    'busy',
    `All ${most} place(s) of this workflow stayed busy for ${waitMs / 1000} s. Call again later, or give it more places.`,
    { retryAfterSeconds: 5 },
  )

export const stopping = (): UserError =>
  new UserError('stopping', 'The server is stopping. Call again in a moment.', { retryAfterSeconds: 5 })
