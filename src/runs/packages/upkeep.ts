import type { Logger } from 'pino'
import { guard } from '../../guard.ts'
import type { StoreUse } from '../../store/store.ts'
import type { Folders } from '../../workers/packages/folders.ts'
import type { Pool } from '../../workers/pool/pool.ts'
import type { LocalEnvironments } from './local-environments.ts'

const guarded = guard('the upkeep of environments')

export type UpkeepOptions = {
  readonly store: StoreUse<{ workflows: 'listEnvironments' | 'listEnvironmentUses' }>
  readonly pool: Pick<Pool, 'releaseEnvironment'>
  readonly folders: Pick<Folders, 'sweep' | 'isCacheEmpty'>
  readonly log: Logger
  readonly now: () => number
  readonly environmentDays: number
}

const INTERVAL_MS = 3600_000
const DAY_MS = 86_400_000
const MAX_LISTED = 10_000

export function startUpkeep(options: UpkeepOptions, local: LocalEnvironments): () => void {
  const look = () => {
    Promise.all([options.folders.sweep(options.now()), removeUnused(options, local), trim(options, local)]).catch(
      (error: unknown) => options.log.warn({ err: error }, 'environments could not be looked after'),
    )
  }
  look()
  const timer = guarded.setInterval(look, INTERVAL_MS).unref()
  return () => clearInterval(timer)
}

async function trim({ folders }: UpkeepOptions, { cache }: LocalEnvironments): Promise<void> {
  if (!(await folders.isCacheEmpty())) cache.trim()
}

async function removeUnused(
  { store, pool, log, now, environmentDays }: UpkeepOptions,
  local: LocalEnvironments,
): Promise<void> {
  const before = now() - environmentDays * DAY_MS
  const old = (await store.workflows.listEnvironments(MAX_LISTED)).filter(
    (one) => one.lastUsedAt < before && local.find(one),
  )
  const deployed = new Set(
    (
      await store.workflows.listEnvironmentUses(
        old.map(({ id }) => id),
        true,
      )
    ).map((use) => use.environmentId),
  )
  for (const environment of old) {
    const { id } = environment
    if (deployed.has(id) || local.isBuilding(id) || !pool.releaseEnvironment(id)) continue
    await local.remove(environment)
    log.info({ environment: id, days: environmentDays }, 'an environment that no deployed version uses was removed')
  }
}
