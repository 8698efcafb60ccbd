/** Ends canaries that fail too often. All servers may check simultaneously, so there is no leader. */

import type { Logger } from 'pino'
import type { Change } from '../../domain/signal.ts'
import { repeat } from '../../repeat.ts'
import type { Store } from '../../store/store.ts'

export type CanaryWatch = { close(): Promise<void> }

export type CanaryWatchOptions = {
  readonly store: Pick<Store, 'listCanaries' | 'abortFailingCanary'>
  readonly log: Logger
  readonly now: () => number
  readonly announce: (change: Change) => void
}

const LOOK_EVERY_MS = 1000

export function startCanaryWatch({ store, log, now, announce }: CanaryWatchOptions): CanaryWatch {
  const look = async (): Promise<void> => {
    for (const id of await store.listCanaries()) {
      if (!(await store.abortFailingCanary(id, now()))) continue
      log.warn({ workflowId: id }, 'a canary was ended, because it failed too often')
      announce({ workflowId: id, action: 'canary.abort' })
    }
  }
  return repeat(look, LOOK_EVERY_MS, (error) =>
    log.error({ err: error }, 'canaries could not be looked at; trying again'),
  )
}
