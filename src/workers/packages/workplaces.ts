/**
 * Build workplaces. After a resolution, the sandbox stays alive briefly so that the installation of the lock can
 * reuse it.
 */

import { guard } from '../../guard.ts'
import type { Interpreter } from '../sandbox/interpreters.ts'
import type { BuildSandbox } from './build-sandbox.ts'
import type { BuildSession } from './build-session.ts'
import { type Folders, touch, type Workspace } from './folders.ts'
import { createSpareSandbox } from './spare-sandbox.ts'

const guarded = guard('the folders of builds')

export type Workplace = {
  readonly workspace: Workspace
  readonly session: BuildSession
  /** Changes when the gateway restarts. */
  readonly gatewayFolder: string
  close(): Promise<void>
}

export type Workplaces = {
  /** With `isNew`, does not take the spare sandbox, which is reserved for deployments. */
  open(interpreter: Interpreter, gatewayFolder: string, withSources: boolean, isNew?: boolean): Promise<Workplace>
  prepare(interpreter: Interpreter, gatewayFolder: string): void
  /** Keeps a workplace for the installation of this lock. Must not be used if packages' programs ran in it. */
  keep(lock: string, interpreter: Interpreter, workplace: Workplace): void
  take(lock: string, interpreter: Interpreter, gatewayFolder: string): Workplace | null
  close(): Promise<void>
}

type Options = { readonly sandbox: BuildSandbox; readonly folders: Folders; readonly now: () => number }
type Kept = { readonly workplace: Workplace; readonly timer: NodeJS.Timeout }

const KEPT_MS = 5_000
const MAX_KEPT = 2
const TOUCH_MS = 60_000

export function createWorkplaces({ sandbox, folders, now }: Options): Workplaces {
  const spare = createSpareSandbox({ sandbox, folders })
  const kept = new Map<string, Kept>()
  const closing = new Set<Promise<void>>()
  const keyOf = (lock: string, { executable }: Interpreter) => `${executable}\n${lock}`

  function release(key: string): Workplace | null {
    const found = kept.get(key)
    if (found === undefined) return null
    kept.delete(key)
    clearTimeout(found.timer)
    return found.workplace
  }

  function closeKept(key: string): void {
    // `sweep` removes what remains later. An unhandled rejection would crash this server.
    const closed = release(key)
      ?.close()
      .catch(() => {})
    if (closed === undefined) return
    closing.add(closed)
    void closed.finally(() => closing.delete(closed))
  }

  return {
    async open(interpreter, gatewayFolder, withSources, isNew = false) {
      const workspace = folders.open(withSources)
      const alive = guarded.setInterval(() => touch(workspace, now()), TOUCH_MS)
      const waiting = withSources || isNew ? null : await spare.take(interpreter, gatewayFolder)
      const start = async () =>
        await sandbox.open({ interpreter, work: workspace.shared, gatewayFolder }).catch(async (error) => {
          clearInterval(alive)
          await workspace.remove()
          throw error
        })
      const session = waiting ?? (await start())
      const close = async () => {
        clearInterval(alive)
        await session.close()
        await workspace.remove()
      }
      return { workspace, session, gatewayFolder, close }
    },
    prepare: spare.prepare,
    keep(lock, interpreter, workplace) {
      const key = keyOf(lock, interpreter)
      closeKept(key)
      const [oldest] = kept.keys()
      if (kept.size >= MAX_KEPT && oldest !== undefined) closeKept(oldest)
      kept.set(key, { workplace, timer: guarded.setTimeout(() => closeKept(key), KEPT_MS).unref() })
    },
    take(lock, interpreter, gatewayFolder) {
      const key = keyOf(lock, interpreter)
      const found = kept.get(key)
      if (found?.workplace.gatewayFolder !== gatewayFolder) return null
      return release(key)
    },
    async close() {
      for (const key of [...kept.keys()]) closeKept(key)
      await Promise.all([...closing, spare.close()])
    },
  }
}
