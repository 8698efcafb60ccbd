import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Config } from '../config.ts'
import { type Job, startJob } from '../start-job.ts'
import type { StoreUse } from '../store/store.ts'
import type { Egress } from '../workers/egress/egress.ts'
import { parseInternalHost } from '../workers/egress/internal-host.ts'
import { listOwnEndpoints } from '../workers/egress/own-endpoints.ts'

export type InternalHostsOptions = {
  readonly store: StoreUse<{ network: 'listInternalHosts' }>
  readonly egress: Pick<Egress, 'openInternal'>
  readonly config: Config
  readonly port: () => number
  readonly clock: Clock
  readonly log: Logger
}

const LOOK_EVERY_MS = 1000
/** The database's addresses may change. */
const RESOLVE_EVERY_MS = 60_000

export function startInternalHosts({ store, egress, config, port, clock, log }: InternalHostsOptions): Job {
  let sent = ''
  let sentAt = Number.NEGATIVE_INFINITY
  const run = async (): Promise<void> => {
    const hosts = (await store.network.listInternalHosts()).map(({ host, workflows }) => ({
      ...parseInternalHost(host),
      workflows,
    }))
    const isLocked = config.egress.internalHosts === 'operator'
    const internal = { hosts, own: listOwnEndpoints(config, port()), port: port(), isLocked }
    const text = JSON.stringify(internal)
    if (text === sent && clock.monotonic() - sentAt < RESOLVE_EVERY_MS) return
    await egress.openInternal(internal)
    sent = text
    sentAt = clock.monotonic()
  }
  return startJob({ name: 'read the internal hosts', everyMs: LOOK_EVERY_MS, run, clock, log })
}
