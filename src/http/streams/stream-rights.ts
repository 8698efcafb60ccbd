/** A stream outlives the moment at which its sender was asked who he is: it ends when that does not hold any more. */

import type { IncomingHttpHeaders } from 'node:http'
import type { Logger } from 'pino'
import type { Store } from '../../store/store.ts'
import type { Auth } from '../auth/auth.ts'
import type { Principal } from '../auth/principal.ts'
import type { EventStream } from './stream.ts'

/** Who opened a stream, and with what he proved it. */
export type StreamPrincipal = { readonly headers: IncomingHttpHeaders; readonly principal: Principal }

export type StreamRights = {
  /** Says that somebody's rights have changed: streams are looked at now, here and on the other servers. */
  changed(): void
  close(): void
}

export type StreamRightsOptions = {
  readonly streams: ReadonlyMap<EventStream, StreamPrincipal>
  readonly auth: Pick<Auth, 'authenticate'>
  readonly store: Pick<Store, 'publish' | 'onSignal'>
  readonly log: Logger
}

/** Finds what no server told of: keys and sessions whose time is over, and signals that were lost. */
const LOOK_EVERY_MS = 5000
/** Whoever signs in and out without end makes no more work than this. */
const REST_MS = 250

/** Watches over the open streams: one question at a time, one for each key or session however many streams it has. */
export function watchStreamRights({ streams, auth, store, log }: StreamRightsOptions): StreamRights {
  let isWanted = false
  let isTold = true
  let isLooking = false
  let timer: NodeJS.Timeout | undefined

  async function look(): Promise<void> {
    isWanted = true
    if (isLooking) return
    isLooking = true
    while (isWanted) {
      isWanted = false
      if (!isTold) store.publish({ kind: 'rights' })
      isTold = true
      // While the database can't be asked nobody's rights change either: the next look finds out.
      await endUnentitled(streams, auth).catch((error: unknown) =>
        log.debug({ err: error }, 'streams were not looked at'),
      )
      await new Promise((resolve) => setTimeout(resolve, REST_MS))
    }
    isLooking = false
    timer?.refresh()
  }

  timer = setInterval(() => void look(), LOOK_EVERY_MS)
  const stop = store.onSignal(({ kind }) => {
    if (kind === 'rights') void look()
  })
  return {
    changed() {
      isTold = false
      void look()
    },
    close() {
      clearInterval(timer)
      stop()
    },
  }
}

async function endUnentitled(
  streams: ReadonlyMap<EventStream, StreamPrincipal>,
  auth: Pick<Auth, 'authenticate'>,
): Promise<void> {
  const bySecret = Map.groupBy(streams, ([, { headers }]) => headers.authorization ?? headers.cookie)
  for (const group of bySecret.values()) {
    const [first] = group
    if (first === undefined) continue
    const now = await auth.authenticate(first[1].headers, { prolong: false })
    for (const [stream, { principal }] of group) if (!isSame(principal, now)) stream.end()
  }
}

const isSame = (before: Principal, now: Principal | null): boolean =>
  now !== null && before.actor.id === now.actor.id && before.scopes.join() === now.scopes.join()
