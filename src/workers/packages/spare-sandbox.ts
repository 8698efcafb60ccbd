/** Keeps a started build sandbox for the next resolution. */

import { guard } from '../../guard.ts'
import type { Interpreter } from '../sandbox/interpreters.ts'
import type { BuildSandbox } from './build-sandbox.ts'
import type { BuildSession } from './build-session.ts'
import type { Folders } from './folders.ts'

const guarded = guard('a spare sandbox for builds')

export type SpareSandbox = {
  prepare(interpreter: Interpreter, gatewayFolder: string): void
  take(interpreter: Interpreter, gatewayFolder: string): Promise<BuildSession | null>
  close(): Promise<void>
}

type Options = { readonly sandbox: BuildSandbox; readonly folders: Pick<Folders, 'wheels'> }
type Waiting = { readonly key: string; readonly session: Promise<BuildSession | null>; readonly timer: NodeJS.Timeout }

/** The gateway keeps its folder, which is mounted in the sandbox, for the same time. */
const KEPT_MS = 60_000

export function createSpareSandbox({ sandbox, folders }: Options): SpareSandbox {
  let waiting: Waiting | null = null
  let isClosed = false
  const ending = new Set<Promise<void>>()
  const keyOf = ({ executable }: Interpreter, gatewayFolder: string) => `${executable}\n${gatewayFolder}`

  function release(): Waiting | null {
    const found = waiting
    waiting = null
    if (found !== null) clearTimeout(found.timer)
    return found
  }

  function end(): void {
    const closed = release()?.session.then((session) => session?.close())
    if (closed === undefined) return
    ending.add(closed)
    guarded.start(() => closed.finally(() => ending.delete(closed)))
  }

  return {
    prepare(interpreter, gatewayFolder) {
      const key = keyOf(interpreter, gatewayFolder)
      if (isClosed || waiting?.key === key) return
      end()
      // The next resolution starts a sandbox itself and reports the reason.
      const session = sandbox.open({ interpreter, work: folders.wheels, gatewayFolder }).catch(() => null)
      waiting = { key, session, timer: guarded.setTimeout(end, KEPT_MS).unref() }
    },
    async take(interpreter, gatewayFolder) {
      if (waiting?.key !== keyOf(interpreter, gatewayFolder)) return null
      const session = await release()?.session
      return session?.isOpen ? session : null
    },
    async close() {
      isClosed = true
      end()
      await Promise.all(ending)
    },
  }
}
