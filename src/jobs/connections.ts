import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import { presetOf } from '../domain/connections/presets.ts'
import type { ConnectionTokens } from '../runs/connections/tokens.ts'
import { type Job, startJob } from '../start-job.ts'
import type { StoreUse } from '../store/store.ts'

export type ConnectionsOptions = {
  readonly store: StoreUse<{ servers: 'leads' }>
  readonly connections: Pick<ConnectionTokens, 'refreshIdle'>
  readonly log: Logger
  readonly clock: Clock
}

const LOOK_EVERY_MS = 60_000
const HOUR_MS = 3600_000

export function startConnections({ store, connections, log, clock }: ConnectionsOptions): Job {
  const run = async (): Promise<void> => {
    await connections.refreshIdle(({ config, refreshedAt, tokens: held }) => {
      const idleMs = presetOf(config).idleHours * HOUR_MS
      return held?.refreshToken != null && clock.now() - (refreshedAt ?? 0) >= idleMs
    })
  }
  return startJob({
    name: 'refresh idle connections',
    everyMs: LOOK_EVERY_MS,
    run,
    leads: store.servers.leads,
    clock,
    log,
  })
}
