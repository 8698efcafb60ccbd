/** Deploys a version once its packages are installed, its code loads and its gate is passed. */

import type { Logger } from 'pino'
import type { Change } from '../domain/runs/signal.ts'
import { UNKNOWN } from '../domain/shared/actor.ts'
import { isUnavailable } from '../errors.ts'
import type { Store, StoreUse } from '../store/store.ts'
import type { WaitingVersion } from '../store/workflows/waiting-versions.ts'
import { deploymentChange, deploymentDetail } from './audit-line.ts'
import { type GateDeps, passGate } from './gate.ts'
import { checkLoads, type PackageDeps } from './packages.ts'

export type Background = {
  begin(waiting: WaitingVersion): void
  /** Takes over waits of dead servers, and retries those that this server could not end. */
  adopt(): Promise<void>
  /** Waits for active writes. Other waits continue after the next start or on another server. */
  close(): Promise<void>
}

export type BackgroundDeps = Pick<PackageDeps, 'environments' | 'pool'> &
  Pick<GateDeps, 'runner' | 'now'> & {
    readonly store: GateDeps['store'] &
      StoreUse<{ workflows: 'get' | 'adoptWaitingVersions' }> &
      Pick<Store, 'together'>
    readonly log: Logger
    readonly announce: (change: Change) => void
  }

export function createBackground(deps: BackgroundDeps): Background {
  const { store, log } = deps
  const begun = new Set<string>()
  const writes = new Set<Promise<void>>()
  let isClosing = false

  const end = async (waiting: WaitingVersion, deploys: boolean): Promise<void> => {
    if (isClosing) return
    const write = endWait(deps, waiting, deploys)
    writes.add(write)
    await write.finally(() => writes.delete(write))
  }

  const work = async (waiting: WaitingVersion): Promise<void> => {
    try {
      await check(deps, waiting)
      await end(waiting, true)
    } catch (error) {
      if (isClosing) return
      if (isUnavailable(error)) throw error
      const { id, workflowId, number } = waiting.version
      log.warn({ err: error, workflowId, versionId: id, version: number }, 'a version could not be deployed')
      await end(waiting, false)
    }
  }

  const begin = (waiting: WaitingVersion): void => {
    const { id } = waiting.version
    if (isClosing || begun.has(id)) return
    begun.add(id)
    work(waiting)
      .catch((error: unknown) =>
        log.error({ err: error, versionId: id }, 'a version goes on waiting for its deployment'),
      )
      .finally(() => begun.delete(id))
  }

  return {
    begin,
    async adopt() {
      if (isClosing) return
      // A wait may end during the query.
      const before = new Set(begun)
      for (const waiting of await store.workflows.adoptWaitingVersions())
        if (!before.has(waiting.version.id)) begin(waiting)
    },
    async close() {
      isClosing = true
      await Promise.allSettled(writes)
    },
  }
}

async function check(deps: BackgroundDeps, { version, force }: WaitingVersion): Promise<void> {
  const workflow = await deps.store.workflows.get(version.workflowId)
  if (workflow === null) return
  await checkLoads(deps, workflow, version, version.packages)
  await passGate(deps, workflow, { version: version.number }, { by: version.createdBy ?? UNKNOWN, force })
}

async function endWait(
  { store, now, announce }: BackgroundDeps,
  { version, force }: WaitingVersion,
  deploys: boolean,
): Promise<void> {
  const { id, number, workflowId } = version
  const before = await store.together(async (tx) => {
    const workflow = await tx.workflows.endVersionWait(id, deploys, now())
    if (workflow === null) return null
    const by = version.createdBy ?? UNKNOWN
    const detail = deploymentDetail(number, workflow, force)
    const changes = deploymentChange(workflow.deployedVersion, number)
    await tx.audit.add({ at: now(), by, action: 'version.deploy', workflowId, detail, changes })
    return workflow
  })
  if (before !== null) announce({ workflowId, action: 'version.deploy' })
}
