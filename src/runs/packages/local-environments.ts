import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import type { Logger } from 'pino'
import type { EnvironmentLock } from '../../domain/packages/version-packages.ts'
import type { Report } from '../../domain/shared/measures.ts'
import { stopping } from '../../errors.ts'
import type { Builder } from '../../workers/packages/builder.ts'
import type { Folders, ReadyEnvironment } from '../../workers/packages/folders.ts'
import type { Pool } from '../../workers/pool/pool.ts'
import { type BuildLog, createBuildLog } from './build-log.ts'
import { createPackageCache, type PackageCache } from './package-cache.ts'

export type EnvironmentState = {
  readonly status: 'building' | 'ready' | 'failed' | 'absent'
  readonly detail: string | null
  readonly sizeBytes: number | null
  readonly builtAt: number | null
}

export type LocalOptions = {
  readonly pool: Pool
  readonly builder: Builder | null
  readonly folders: Folders
  readonly log: Logger
  readonly now: () => number
  readonly report?: Report
  readonly cacheBytes: number
}

type Named = Pick<EnvironmentLock, 'id' | 'runtime'>
type Build = { readonly log: BuildLog; readonly done: Promise<ReadyEnvironment> }

const RETRY_MS = 60_000
const MAX_LOGS = 200
const NOTHING: EnvironmentState = { status: 'absent', detail: null, sizeBytes: null, builtAt: null }

export class LocalEnvironments {
  readonly #options: LocalOptions
  readonly #building = new Map<string, Build>()
  readonly #ready = new Map<string, ReadyEnvironment>()
  readonly #failures = new Map<string, { readonly at: number; readonly detail: string }>()
  readonly #logs = new Map<string, BuildLog>()
  readonly cache: PackageCache
  #closed = false

  constructor(options: LocalOptions) {
    this.#options = options
    this.cache = createPackageCache(options)
  }

  /** Looks each time: another server may share the disk. */
  find({ id, runtime }: Named): ReadyEnvironment | null {
    const known = this.#ready.get(id)
    if (known !== undefined && existsSync(known.sitePackages)) return known
    const folder = this.#folderOf({ id, runtime })
    const found = folder === null ? null : this.#options.folders.find(folder)
    if (found === null) this.#ready.delete(id)
    else this.#ready.set(id, found)
    return found
  }

  findFailure(id: string): string | null {
    const failure = this.#failures.get(id)
    return failure !== undefined && failure.at > this.#options.now() - RETRY_MS ? failure.detail : null
  }

  stateOf(environment: Named): EnvironmentState {
    const { id } = environment
    if (this.#building.has(id)) return { ...NOTHING, status: 'building' }
    const found = this.find(environment)
    if (found !== null) {
      return { status: 'ready', detail: null, sizeBytes: found.sizeBytes, builtAt: found.builtAt }
    }
    const failure = this.#failures.get(id)
    return failure === undefined ? NOTHING : { ...NOTHING, status: 'failed', detail: failure.detail }
  }

  isBuilding(id: string): boolean {
    return this.#building.has(id)
  }

  logOf(id: string): BuildLog | null {
    return this.#logs.get(id) ?? null
  }

  keepPlanLog(id: string, log: BuildLog): void {
    if (!this.#logs.has(id)) this.#keepLog(id, log)
  }

  /** Joins a running build. `replace` rebuilds an installed environment. Users see the message of its Error. */
  build(environment: EnvironmentLock, { replace }: { readonly replace: boolean }): Promise<ReadyEnvironment> {
    const { id } = environment
    const known = this.#building.get(id)
    if (known !== undefined) return known.done
    const earlier = this.#logs.get(id)
    const log = createBuildLog(this.#options.now, earlier?.ofResolution === true ? earlier.lines : [])
    this.#keepLog(id, log)
    this.#failures.delete(id)
    const startedAt = performance.now()
    const done = this.#install(environment, log, replace)
    this.#building.set(id, { log, done })
    const end = (result: ReadyEnvironment | Error) => {
      const isFailed = result instanceof Error
      this.#options.report?.({ kind: 'build', isFailed, ms: performance.now() - startedAt })
      this.#end(id, log, result)
    }
    done.then(end, (error: unknown) => end(error instanceof Error ? error : new Error(String(error))))
    return done
  }

  async remove(environment: Named): Promise<void> {
    const folder = this.#folderOf(environment)
    this.#ready.delete(environment.id)
    this.#failures.delete(environment.id)
    if (folder !== null) await this.#options.folders.remove(folder)
    this.cache.empty()
  }

  async close(): Promise<void> {
    this.#closed = true
    const cache = this.cache.close()
    await this.#options.builder?.close()
    await Promise.allSettled([...this.#building.values()].map(({ done }) => done))
    await cache
  }

  async #install(environment: EnvironmentLock, log: BuildLog, replace: boolean): Promise<ReadyEnvironment> {
    const { pool, builder } = this.#options
    const { runtime } = environment
    const interpreter = pool.findInterpreter(runtime)
    const folder = this.#folderOf(environment)
    if (this.#closed) throw stopping()
    if (interpreter === null || folder === null) throw new Error(`The runtime ${runtime} is not on this server.`)
    if (builder === null) throw new Error('This server cannot install packages; the notes at its start say why.')
    return await builder.install({ folder, replace }, environment, interpreter, log.add)
  }

  #end(id: string, log: BuildLog, result: ReadyEnvironment | Error): void {
    const { now, log: serverLog } = this.#options
    this.#building.delete(id)
    if (result instanceof Error) {
      const detail = result.message
      // The unpacked packages have no other use and may be large.
      this.cache.empty()
      this.#failures.set(id, { at: now(), detail })
      serverLog.warn({ environment: id, detail }, 'an environment could not be built')
      log.end(`The environment could not be built: ${detail}`)
    } else {
      this.#ready.set(id, result)
      this.cache.trim()
      log.end('The environment is ready.')
    }
  }

  /** The interpreter may be replaced under the same runtime name. */
  #folderOf({ id, runtime }: Named): string | null {
    const interpreter = this.#options.pool.findInterpreter(runtime)
    if (interpreter === null) return null
    const build = createHash('sha256').update(`${interpreter.executable} ${interpreter.version}`).digest('hex')
    return `${id}-${build.slice(0, 8)}`
  }

  #keepLog(id: string, log: BuildLog): void {
    this.#logs.delete(id)
    this.#logs.set(id, log)
    const [oldest] = this.#logs.keys()
    if (this.#logs.size > MAX_LOGS && oldest !== undefined) this.#logs.delete(oldest)
  }
}
