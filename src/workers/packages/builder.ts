import { join } from 'node:path'
import type { EnvironmentLock } from '../../domain/packages/version-packages.ts'
import { guard } from '../../guard.ts'
import type { Interpreter } from '../sandbox/machine/interpreters.ts'
import { BuildError } from './build-error.ts'
import type { BuildSandbox } from './build-sandbox.ts'
import { type Folders, type ReadyEnvironment, sizeOf, type Target, touch } from './folders.ts'
import type { IndexGateway } from './index-gateway.ts'
import { installNpm, type NpmWanted, resolveNpm } from './npm.ts'
import { installPython, NEEDS_SOURCES, resolvePython, trimCache } from './python.ts'
import { assertSize, type OnLine, type Place } from './run-tool.ts'
import type { Wanted } from './uv.ts'

export type Resolved = Pick<EnvironmentLock, 'lock' | 'withSources'>

export type Builder = {
  /** Throws a BuildError with uv's output. */
  resolve(wanted: Wanted, interpreter: Interpreter, onLine: OnLine): Promise<Resolved>
  resolveNpm(wanted: NpmWanted, interpreter: Interpreter, onLine: OnLine): Promise<string>
  install(target: Target, wanted: Resolved, interpreter: Interpreter, onLine: OnLine): Promise<ReadyEnvironment>
  /** Removes the least recently used files. Returns the remaining bytes. */
  trim(bytes: number, interpreter: Interpreter): Promise<number>
  listVersions(name: string): Promise<readonly string[]>
  readonly isClosing: boolean
  close(): Promise<void>
}

type Job = {
  readonly interpreter: Interpreter
  readonly withSources: boolean
  readonly onLine: OnLine
}

export type BuilderOptions = {
  readonly sandbox: BuildSandbox
  readonly gateway: IndexGateway
  readonly folders: Folders
  readonly allowSources: boolean
  readonly now: () => number
}

const guarded = guard('the folders of builds')

const MAX_AT_ONCE = 2
const MAX_PROBLEMS = 20
const TOUCH_MS = 60_000
const NO_LINES = { withSources: false, onLine: () => {} }

export function createBuilder(options: BuilderOptions): Builder {
  const { sandbox, gateway, folders, allowSources } = options
  const resolutions = createSlots(MAX_AT_ONCE)
  const builds = createSlots(MAX_AT_ONCE)
  const closing = new AbortController()
  const active = new Set<Promise<unknown>>()

  function run<T>(slots: Slots, job: Job, work: (place: Place) => Promise<T>): Promise<T> {
    const running = slots(async () => {
      closing.signal.throwIfAborted()
      return await inWorkspace(options, job, closing.signal, work)
    })
    active.add(running)
    const forget = () => active.delete(running)
    running.then(forget, forget)
    return running
  }

  return {
    async resolve(wanted, interpreter, onLine) {
      // A resolution that runs programs of packages counts as a build.
      const tryWith = async (withSources: boolean) => ({
        lock: await run(withSources ? builds : resolutions, { interpreter, withSources, onLine }, (place) =>
          resolvePython(place, wanted, interpreter, gateway),
        ),
        withSources,
      })
      try {
        return await tryWith(false)
      } catch (error) {
        // Builds from source only a package without any wheel, and never uses an older version's wheel.
        if (!allowSources || !(error instanceof BuildError) || !NEEDS_SOURCES.test(error.message)) throw error
        onLine({ stream: 'system', text: 'A package has no wheel for this Python: its source distribution is built.' })
        return await tryWith(true)
      }
    },
    resolveNpm: (wanted, interpreter, onLine) =>
      run(resolutions, { interpreter, withSources: false, onLine }, (place) => resolveNpm(place, wanted, interpreter)),
    install: (target, { lock, withSources }, interpreter, onLine) =>
      run(builds, { interpreter, withSources, onLine }, async (place) => {
        if (withSources && !allowSources) throw new BuildError(SOURCES_ARE_OFF)
        if (interpreter.language === 'javascript') await installNpm(place, lock, interpreter)
        else await installPython(place, lock, interpreter, gateway)
        const sizeBytes = await sizeOf(join(place.workspace.path, 'site-packages'))
        assertSize(sizeBytes)
        return await folders.publish(target, place.workspace, { builtAt: options.now(), sizeBytes })
      }),
    trim: (bytes, interpreter) => {
      const alone: Slots = (work) => builds(() => resolutions(work, MAX_AT_ONCE), MAX_AT_ONCE)
      return run(alone, { ...NO_LINES, interpreter }, (place) => trimCache(place, bytes))
    },
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

function inWorkspace<T>(
  { sandbox, gateway, folders, now }: BuilderOptions,
  { interpreter, withSources, onLine }: Job,
  signal: AbortSignal,
  work: (place: Place) => Promise<T>,
): Promise<T> {
  const problems = new Set<string>()
  const onProblem = (problem: string) => {
    if (problems.size < MAX_PROBLEMS) problems.add(problem)
    onLine({ stream: 'system', text: problem })
  }
  return gateway.use(async (gatewayFolder) => {
    const workspace = folders.open(withSources)
    const alive = guarded.setInterval(() => touch(workspace, now()), TOUCH_MS)
    const place = { interpreter, work: workspace.shared, gatewayFolder }
    const run: Place['run'] = (step, bounds) => sandbox.run(place, step, bounds)
    try {
      return await work({ workspace, withSources, problems, onLine, signal, run })
    } finally {
      clearInterval(alive)
      await workspace.remove()
    }
  }, onProblem)
}

const SOURCES_ARE_OFF =
  'the lock has packages without a wheel, and this server builds no source distributions (WORKFLOWS_PACKAGE_BUILDS is off)'

type Slots = <T>(work: () => Promise<T>, count?: number) => Promise<T>

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
