/** Resolves requirements into a lock, and installs a lock into a folder: uv or npm in a sandbox, with bounds. */

import type { EnvironmentLock } from '../../domain/packages/version-packages.ts'
import type { Interpreter } from '../sandbox/interpreters.ts'
import { BuildError } from './build-error.ts'
import type { BuildSandbox } from './build-sandbox.ts'
import { type Folders, type ReadyEnvironment, type Target, touch } from './folders.ts'
import type { IndexGateway } from './index-gateway.ts'
import { installNpm, type NpmWanted, resolveNpm } from './npm.ts'
import { installPython, NEEDS_SOURCES, resolvePython } from './python.ts'
import type { OnLine, Place } from './run-tool.ts'
import type { Wanted } from './uv.ts'

/** A lock. `withSources`: some of its packages have no wheel and are built from source. */
export type Resolved = Pick<EnvironmentLock, 'lock' | 'withSources'>

export type Builder = {
  /** Throws a BuildError with uv's own words. */
  resolve(wanted: Wanted, interpreter: Interpreter, onLine: OnLine): Promise<Resolved>
  /** The same for npm packages. */
  resolveNpm(wanted: NpmWanted, interpreter: Interpreter, onLine: OnLine): Promise<string>
  /** Installs a lock, moved into place when it is whole. Throws a BuildError. */
  install(target: Target, resolved: Resolved, interpreter: Interpreter, onLine: OnLine): Promise<ReadyEnvironment>
  /** All versions of a package that the index of Python has; none where it cannot say. */
  listVersions(name: string): Promise<readonly string[]>
  readonly isClosing: boolean
  close(): Promise<void>
}

export type BuilderOptions = {
  readonly sandbox: BuildSandbox
  readonly gateway: IndexGateway
  readonly folders: Folders
  /** Whether source distributions may be built. */
  readonly allowSources: boolean
  readonly now: () => number
}

const MAX_AT_ONCE = 2
const TOUCH_MS = 60_000

/** Two resolutions or builds run at a time; the others wait. */
export function createBuilder(options: BuilderOptions): Builder {
  const { sandbox, gateway, folders, allowSources } = options
  const slots = createSlots(MAX_AT_ONCE)
  const closing = new AbortController()
  const active = new Set<Promise<unknown>>()

  function within<T>(withSources: boolean, onLine: OnLine, work: (place: Place) => Promise<T>): Promise<T> {
    const running = slots(async () => {
      closing.signal.throwIfAborted()
      const workspace = folders.open(withSources)
      const alive = setInterval(() => void touch(workspace, options.now()), TOUCH_MS)
      const problems = new Set<string>()
      try {
        return await gateway.use(
          (gatewayFolder) =>
            work({ workspace, gatewayFolder, withSources, problems, onLine, signal: closing.signal, sandbox }),
          (problem) => {
            if (problems.size < 20) problems.add(problem)
            onLine({ stream: 'system', text: problem })
          },
        )
      } finally {
        clearInterval(alive)
        await workspace.remove()
      }
    })
    active.add(running)
    const forget = () => active.delete(running)
    running.then(forget, forget)
    return running
  }

  return {
    async resolve(wanted, interpreter, onLine) {
      const tryWith = (withSources: boolean) =>
        within(withSources, onLine, async (place) => ({
          lock: await resolvePython(place, wanted, interpreter, gateway),
          withSources,
        }))
      try {
        return await tryWith(false)
      } catch (error) {
        // Only where a package has no wheel: a wheel of an older version is not taken in its place.
        if (!allowSources || !(error instanceof BuildError) || !NEEDS_SOURCES.test(error.message)) throw error
        onLine({ stream: 'system', text: 'A package has no wheel for this Python: its source distribution is built.' })
        return await tryWith(true)
      }
    },
    resolveNpm: (wanted, interpreter, onLine) =>
      within(false, onLine, (place) => resolveNpm(place, wanted, interpreter)),
    install: (target, { lock, withSources }, interpreter, onLine) =>
      within(withSources, onLine, async (place) => {
        if (withSources && !allowSources) throw new BuildError(SOURCES_ARE_OFF)
        const sizeBytes = await installPackages(place, lock, interpreter, gateway)
        return await folders.publish(target, place.workspace, options.now(), sizeBytes)
      }),
    listVersions: (name) => gateway.listVersions(name),
    get isClosing() {
      return closing.signal.aborted
    },
    async close() {
      closing.abort()
      await Promise.allSettled(active)
      await Promise.all([sandbox.close(), gateway.close()])
    },
  }
}

const installPackages = (
  place: Place,
  lock: string,
  interpreter: Interpreter,
  gateway: IndexGateway,
): Promise<number> =>
  interpreter.language === 'javascript'
    ? installNpm(place, lock, interpreter)
    : installPython(place, lock, interpreter, gateway)

const SOURCES_ARE_OFF =
  'the lock has packages without a wheel, and this server builds no source distributions (WORKFLOWS_PACKAGE_BUILDS is off)'

/** Lets `max` pieces of work run at a time, first come first served. */
function createSlots(max: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let running = 0
  return async (work) => {
    if (running >= max) await new Promise<void>((resolve) => waiting.push(resolve))
    else running += 1
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) running -= 1
      else next()
    }
  }
}
