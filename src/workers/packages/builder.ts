/** Resolves requirements into a lock, and installs a lock into a folder: uv in a sandbox, with bounds. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PACKAGE_LIMITS } from '../../domain/packages/limits.ts'
import { formatLock, parseLock } from '../../domain/packages/lock.ts'
import type { Interpreter } from '../sandbox/interpreters.ts'
import { type BuildEnd, type BuildLine, type BuildSandbox, INSIDE } from './build-sandbox.ts'
import { type Folders, type ReadyEnvironment, sizeOf, type Target, touch, type Workspace } from './folders.ts'
import type { IndexGateway } from './index-gateway.ts'
import { installCommand, resolveCommand, resolveFiles, type Wanted } from './uv.ts'

/** A lock. `withSources`: some of its packages have no wheel and are built from source. */
export type Resolved = { readonly lock: string; readonly withSources: boolean }

type OnLine = (line: { readonly stream: BuildLine['stream'] | 'system'; readonly text: string }) => void

export type Builder = {
  /** Throws a BuildError with uv's own words. */
  resolve(wanted: Wanted, interpreter: Interpreter, onLine: OnLine): Promise<Resolved>
  /** Installs a lock, moved into place when it is whole. Throws a BuildError. */
  install(target: Target, resolved: Resolved, interpreter: Interpreter, onLine: OnLine): Promise<ReadyEnvironment>
  /** All versions of a package that the index has; none where it cannot say. */
  listVersions(name: string): Promise<readonly string[]>
  readonly isClosing: boolean
  close(): Promise<void>
}

/** A resolution or build that did not work. The message is for people. */
export class BuildError extends Error {
  /** Whether the requirements ask for more than is allowed. */
  readonly isLimit: boolean

  constructor(message: string, isLimit = false) {
    super(message)
    this.isLimit = isLimit
    this.name = 'BuildError'
  }
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
const MAX_DETAIL = 8_000
const MAX_LOCK_BYTES = 8 * 1024 * 1024
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
          lock: await resolve(place, wanted, interpreter, gateway),
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
    install: (target, { lock, withSources }, interpreter, onLine) =>
      within(withSources, onLine, async (place) => {
        if (withSources && !allowSources) throw new BuildError(SOURCES_ARE_OFF)
        const sizeBytes = await install(place, lock, interpreter, gateway)
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

/** uv's words where only a source distribution would do. */
const NEEDS_SOURCES = /building from source is disabled|no usable wheels|has no wheels|no wheels? /i
const SOURCES_ARE_OFF =
  'the lock has packages without a wheel, and this server builds no source distributions (WORKFLOWS_PACKAGE_BUILDS is off)'

type Place = {
  readonly workspace: Workspace
  readonly gatewayFolder: string
  readonly withSources: boolean
  /** What the gateway could not reach. */
  readonly problems: ReadonlySet<string>
  readonly onLine: OnLine
  readonly signal: AbortSignal
  readonly sandbox: BuildSandbox
}

async function resolve(
  place: Place,
  wanted: Wanted,
  interpreter: Interpreter,
  { uvOptions, linkFolders, constraintFiles }: IndexGateway,
): Promise<string> {
  const { workspace, withSources } = place
  for (const [name, text] of Object.entries(resolveFiles(wanted))) writeFileSync(join(workspace.path, name), text)
  const names = constraintFiles.map((path, index) => {
    const name = `constraints-${index}.txt`
    writeFileSync(join(workspace.path, name), readFileSync(path))
    return name
  })
  const uv = { inside: workspace.inside, python: interpreter.executable, withSources }
  const output: string[] = []
  let bytes = 0
  await run(place, interpreter, resolveCommand(wanted, uv, { uvOptions, linkFolders }, names), (line) => {
    if (line.stream !== 'stdout') return place.onLine(line)
    bytes += line.text.length + 1
    if (bytes <= MAX_LOCK_BYTES) output.push(line.text)
  })
  const entries = readEntries(output.join('\n'))
  if (entries.length > PACKAGE_LIMITS.packages) {
    throw new BuildError(
      `Expected at most ${PACKAGE_LIMITS.packages} packages in an environment, found ${entries.length}. Name fewer packages`,
      true,
    )
  }
  return formatLock(entries)
}

/** What is printed is checked line by line, as a package's own program may have run beside uv. */
function readEntries(text: string): ReturnType<typeof parseLock> {
  try {
    return parseLock(text)
  } catch (error) {
    throw new BuildError(`uv wrote no lock that can be used: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** Returns the bytes of what is installed. */
async function install(place: Place, lock: string, interpreter: Interpreter, indexes: IndexGateway): Promise<number> {
  const { workspace, withSources } = place
  writeFileSync(join(workspace.path, 'lock.txt'), lock)
  const uv = { inside: workspace.inside, python: interpreter.executable, withSources }
  await run(
    place,
    interpreter,
    installCommand(uv, indexes),
    place.onLine,
    join(INSIDE.work, uv.inside, 'site-packages'),
  )
  const size = await sizeOf(join(workspace.path, 'site-packages'))
  if (size > PACKAGE_LIMITS.bytes) throw tooLarge()
  return size
}

async function run(
  place: Place,
  interpreter: Interpreter,
  command: readonly string[],
  onLine: OnLine,
  verify?: string,
): Promise<void> {
  const { workspace, gatewayFolder, sandbox, signal, problems } = place
  const errors: string[] = []
  const watched = place.withSources ? workspace.shared : workspace.path
  const { code, stopped } = await sandbox.run({
    interpreter,
    work: workspace.shared,
    gatewayFolder,
    command: [join(INSIDE.uv, 'uv'), ...command],
    ...(verify === undefined ? {} : { verify }),
    timeoutMs: PACKAGE_LIMITS.seconds * 1000,
    onLine: (line) => {
      if (line.stream === 'stderr' && errors.length < 500) errors.push(line.text)
      onLine(line)
    },
    isTooLarge: async () => (await sizeOf(watched, 2 * PACKAGE_LIMITS.bytes)) > 2 * PACKAGE_LIMITS.bytes,
    signal,
  })
  if (code === 0 && stopped === null) return
  throw failureOf({ code, stopped }, errors, problems)
}

function failureOf({ code, stopped }: BuildEnd, errors: readonly string[], problems: ReadonlySet<string>): BuildError {
  if (stopped === 'time') {
    return new BuildError(
      `Expected the packages to be ready within ${PACKAGE_LIMITS.seconds / 60} minutes; they were not`,
    )
  }
  if (stopped === 'size') return tooLarge()
  if (stopped === 'closed') return new BuildError('The server stopped while the packages were built. Try again')
  const words = [...errors, ...problems].join('\n').trim().slice(-MAX_DETAIL)
  return new BuildError(words === '' ? `uv ended with ${code === null ? 'a signal' : `exit code ${code}`}` : words)
}

const tooLarge = (): BuildError =>
  new BuildError(`Expected at most ${PACKAGE_LIMITS.bytes / 1024 ** 3} GiB for an environment, found more`)

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
