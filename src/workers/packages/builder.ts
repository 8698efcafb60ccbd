/** Resolves requirements into a lock and installs a lock, with uv or npm in a sandbox. */

import { join } from 'node:path'
import type { EnvironmentLock } from '../../domain/packages/version-packages.ts'
import type { Interpreter } from '../sandbox/interpreters.ts'
import { BuildError } from './build-error.ts'
import type { BuildSandbox } from './build-sandbox.ts'
import { type Folders, type ReadyEnvironment, sizeOf, type Target } from './folders.ts'
import type { IndexGateway } from './index-gateway.ts'
import { installNpm, type NpmWanted, resolveNpm } from './npm.ts'
import { type Compiled, type Installed, installPython, NEEDS_SOURCES, resolvePython, trimCache } from './python.ts'
import { assertSize, type OnLine, type Place } from './run-tool.ts'
import type { Wanted } from './uv.ts'
import { createWorkplaces, type Workplace } from './workplaces.ts'

export type Resolved = Pick<EnvironmentLock, 'lock' | 'withSources'>

export type Builder = {
  /** Throws a BuildError with uv's output. */
  resolve(wanted: Wanted, interpreter: Interpreter, onLine: OnLine): Promise<Resolved>
  resolveNpm(wanted: NpmWanted, interpreter: Interpreter, onLine: OnLine): Promise<string>
  /**
   * Installs and publishes a lock. With `imports`, only the bytecode that those modules need is compiled now. Throws
   * a BuildError.
   */
  install(
    target: Target,
    wanted: WantedInstallation,
    interpreter: Interpreter,
    onLine: OnLine,
  ): Promise<ReadyEnvironment>
  /** Returns null if the environment was removed. Throws a BuildError. */
  complete(folder: string, lock: string, interpreter: Interpreter): Promise<ReadyEnvironment | null>
  /** Removes least recently used files first. Returns the remaining bytes. Throws a BuildError. */
  trim(bytes: number, interpreter: Interpreter): Promise<number>
  listVersions(name: string): Promise<readonly string[]>
  readonly isClosing: boolean
  close(): Promise<void>
}

type WantedInstallation = Resolved & { readonly imports: readonly string[] | null }

/** An `isLater` job starts a new sandbox and needs no slot unless it runs `alone`. */
type Job = {
  readonly interpreter: Interpreter
  readonly withSources: boolean
  readonly onLine: OnLine
  readonly lock?: string
  readonly isLater?: boolean
  readonly alone?: boolean
}

export type BuilderOptions = {
  readonly sandbox: BuildSandbox
  readonly gateway: IndexGateway
  readonly folders: Folders
  readonly allowSources: boolean
  readonly now: () => number
}

const MAX_AT_ONCE = 2
const LATER = { withSources: false, onLine: () => {}, isLater: true }

export function createBuilder(options: BuilderOptions): Builder {
  const { sandbox, gateway, folders, allowSources } = options
  const jobs = createJobs(options)
  return {
    async resolve(wanted, interpreter, onLine) {
      const tryWith = async (withSources: boolean) => ({
        lock: await jobs.resolve({ interpreter, withSources, onLine }, (place) =>
          resolvePython(place, wanted, interpreter, gateway),
        ),
        withSources,
      })
      try {
        return await tryWith(false)
      } catch (error) {
        // Builds from source only a package without any wheel. An older version's wheel is never used instead.
        if (!allowSources || !(error instanceof BuildError) || !NEEDS_SOURCES.test(error.message)) throw error
        onLine({ stream: 'system', text: 'A package has no wheel for this Python: its source distribution is built.' })
        return await tryWith(true)
      }
    },
    resolveNpm: (wanted, interpreter, onLine) =>
      jobs.resolve({ interpreter, withSources: false, onLine }, (place) => resolveNpm(place, wanted, interpreter)),
    install: (target, { lock, withSources, imports }, interpreter, onLine) =>
      jobs.run({ interpreter, withSources, onLine, lock }, async ({ place, workplace }) => {
        if (withSources && !allowSources) throw new BuildError(SOURCES_ARE_OFF)
        const compiled = { imports, patient: false }
        const { isCompiled, sizeBytes: said } = await installPackages(place, lock, interpreter, gateway, compiled)
        const installed = join(place.workspace.path, 'site-packages')
        const ended = place.session.close()
        // Before the process has ended, a package's program or npm may still write to the folder. uv ends with its
        // step, but its sandbox takes longer.
        if (said === null) await ended
        const sizeBytes = said ?? (await sizeOf(installed))
        assertSize(sizeBytes)
        const made = await folders.publish(target, place.workspace, { builtAt: options.now(), sizeBytes, isCompiled })
        await workplace.close()
        return made
      }),
    complete: (folder, lock, interpreter) =>
      jobs.run({ ...LATER, interpreter, lock }, async ({ place, workplace }) => {
        await installPackages(place, lock, interpreter, gateway, { imports: null, patient: true })
        await place.session.close()
        const made = await folders.complete(folder, place.workspace, options.now())
        await workplace.close()
        return made
      }),
    trim: (bytes, interpreter) =>
      jobs.run({ ...LATER, interpreter, alone: true }, async ({ place, workplace }) => {
        const kept = await trimCache(place, bytes)
        await workplace.close()
        return kept
      }),
    listVersions: (name) => gateway.listVersions(name),
    get isClosing() {
      return jobs.signal.aborted
    },
    async close() {
      await jobs.close()
      await Promise.all([sandbox.close(), gateway.close()])
    },
  }
}

type Jobs = {
  /** The workplace is closed if `work` fails. If `work` succeeds, it closes the workplace itself. */
  run<T>(job: Job, work: (at: { place: Place; workplace: Workplace }) => Promise<T>): Promise<T>
  resolve(job: Job, work: (place: Place) => Promise<string>): Promise<string>
  readonly signal: AbortSignal
  close(): Promise<void>
}

/** A resolution that runs packages' programs counts as a build. */
function createJobs(options: BuilderOptions): Jobs {
  const { gateway } = options
  const workplaces = createWorkplaces(options)
  const resolutions = createSlots(MAX_AT_ONCE)
  const builds = createSlots(MAX_AT_ONCE)
  const closing = new AbortController()
  const { signal } = closing
  const active = new Set<Promise<unknown>>()

  const start: Jobs['run'] = ({ interpreter, withSources, onLine, lock, isLater = false }, work) => {
    const problems = new Set<string>()
    const onProblem = (problem: string) => {
      if (problems.size < 20) problems.add(problem)
      onLine({ stream: 'system', text: problem })
    }
    return gateway.use(async (gatewayFolder) => {
      const waiting = lock === undefined || isLater ? null : workplaces.take(lock, interpreter, gatewayFolder)
      const workplace = waiting ?? (await workplaces.open(interpreter, gatewayFolder, withSources, isLater))
      const { workspace, session } = workplace
      try {
        const done = await work({ place: { workspace, session, withSources, problems, onLine, signal }, workplace })
        if (lock !== undefined && !withSources && !isLater && !signal.aborted)
          workplaces.prepare(interpreter, gatewayFolder)
        return done
      } catch (error) {
        await workplace.close()
        throw error
      }
    }, onProblem)
  }

  function takeTurn<T>({ lock, withSources, isLater, alone }: Job, work: () => Promise<T>): Promise<T> {
    if (alone) return builds(() => resolutions(work, MAX_AT_ONCE), MAX_AT_ONCE)
    if (isLater) return work()
    return lock === undefined && !withSources ? resolutions(work) : builds(work)
  }

  const run: Jobs['run'] = (job, work) => {
    const begin = async () => {
      signal.throwIfAborted()
      return await start(job, work)
    }
    const running = takeTurn(job, begin)
    active.add(running)
    const forget = () => active.delete(running)
    running.then(forget, forget)
    return running
  }

  return {
    run,
    resolve: (job, work) =>
      run(job, async ({ place, workplace }) => {
        const lock = await work(place)
        if (job.withSources || signal.aborted) await workplace.close()
        else workplaces.keep(lock, job.interpreter, workplace)
        return lock
      }),
    signal,
    async close() {
      closing.abort()
      await Promise.allSettled(active)
      await workplaces.close()
    },
  }
}

async function installPackages(
  place: Place,
  lock: string,
  interpreter: Interpreter,
  gateway: IndexGateway,
  compiled: Compiled,
): Promise<Installed> {
  if (interpreter.language !== 'javascript') return await installPython(place, lock, interpreter, gateway, compiled)
  await installNpm(place, lock, interpreter)
  return { isCompiled: true, sizeBytes: null }
}

const SOURCES_ARE_OFF =
  'the lock has packages without a wheel, and this server builds no source distributions (WORKFLOWS_PACKAGE_BUILDS is off)'

type Slots = <T>(work: () => Promise<T>, count?: number) => Promise<T>

/** Limits concurrent work to `max` slots, first come first served. */
function createSlots(max: number): Slots {
  const waiting: { readonly count: number; readonly start: () => void }[] = []
  let taken = 0
  const admit = () => {
    for (let [first] = waiting; first !== undefined && taken + first.count <= max; [first] = waiting) {
      waiting.shift()
      taken += first.count
      first.start()
    }
  }
  return async (work, count = 1) => {
    await new Promise<void>((start) => {
      waiting.push({ count, start })
      admit()
    })
    try {
      return await work()
    } finally {
      taken -= count
      admit()
    }
  }
}
