/** Streams outlive the first check of rights. */

import type { IncomingHttpHeaders } from 'node:http'
import type { Logger } from 'pino'
import { guard } from '../../guard.ts'
import type { StoreUse } from '../../store/store.ts'
import type { Auth } from '../auth/auth.ts'
import type { Principal } from '../auth/shared/principal.ts'
import type { EventStream } from './stream.ts'

const guarded = guard('the rights of event streams')

export type StreamPrincipal = { readonly headers: IncomingHttpHeaders; readonly principal: Principal }

export type StreamRights = {
  changed(): void
  close(): void
}

export type StreamRightsOptions = {
  readonly streams: ReadonlyMap<EventStream, StreamPrincipal>
  readonly auth: Pick<Auth, 'authenticate'>
  readonly store: StoreUse<{ servers: 'publish' | 'onSignal' }>
  readonly log: Logger
}

/** Finds expired keys and sessions, and changes whose signal was lost. */
const CHECK_EVERY_MS = 5000
/** Limits the work of repeated sign-ins. */
const REST_MS = 250

/** One lookup per key or session, for all its streams. */
export function watchStreamRights({ streams, auth, store, log }: StreamRightsOptions): StreamRights {
  let isWanted = false
  let isPublished = true
  let isChecking = false
  let timer: NodeJS.Timeout | undefined

  async function check(): Promise<void> {
    isWanted = true
    if (isChecking) return
    isChecking = true
    while (isWanted) {
      isWanted = false
      if (!isPublished) store.servers.publish({ kind: 'rights' })
      isPublished = true
      // Rights cannot change while the database is down.
      await endUnentitled(streams, auth).catch((error: unknown) =>
        log.debug({ err: error }, 'the rights of streams could not be checked'),
      )
      await new Promise((resolve) => setTimeout(resolve, REST_MS))
    }
    isChecking = false
    timer?.refresh()
  }

  timer = guarded.setInterval(() => check(), CHECK_EVERY_MS)
  const stop = store.servers.onSignal(({ kind }) => {
    if (kind === 'rights') guarded.start(check)
  })
  return {
    changed() {
      isPublished = false
      guarded.start(check)
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
