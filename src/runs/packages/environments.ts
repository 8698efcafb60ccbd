import type { CodeText } from '../../domain/modules/module-files.ts'
import type { VersionPackages } from '../../domain/packages/version-packages.ts'
import type { Workflow } from '../../domain/workflows/workflow.ts'
import { reasonOf, UserError } from '../../errors.ts'
import type { Store } from '../../store/store.ts'
import type { ReadyEnvironment } from '../../workers/packages/folders.ts'
import type { BuildLog } from './build-log.ts'
import { type EnvironmentState, LocalEnvironments, type LocalOptions } from './local-environments.ts'
import type { PackageCache } from './package-cache.ts'
import { createPlanner, type Plan, type Planner } from './plan.ts'
import { type Code, mayDeclare, type Prepared } from './prepared.ts'
import { startUpkeep } from './upkeep.ts'

type Owner = Pick<Workflow, 'runtime'>

export type Environments = {
  /**
   * An unchanged declaration keeps the lock of `newest` without `refresh`. Throws UserError `invalid_packages` or
   * `environment_failed`.
   */
  plan(code: CodeText, owner: Owner, newest: VersionPackages | null, refresh: boolean): Promise<VersionPackages | null>
  preview(code: CodeText, owner: Owner): Promise<VersionPackages | null>
  /** Ignores an invalid declaration. */
  unchanged(code: CodeText, owner: Owner, newest: VersionPackages | null): VersionPackages | null
  findReady(owner: Owner, code: Code): Prepared | null
  /** Null: not tested within the last hour. */
  findTested(owner: Owner, code: CodeText): Promise<Prepared | null>
  /**
   * Null: until the build ends. Throws UserError `environment_failed`, `invalid_packages` or `environment_not_ready`.
   */
  prepare(owner: Owner, code: Code, waitMs: number | null): Promise<Prepared>
  findFailure(code: Code): string | null
  stateOf(environment: { readonly id: string; readonly runtime: string }): EnvironmentState
  logOf(id: string): BuildLog | null
  /** Throws `not_found`. The state and the log show a failed build. */
  build(id: string): Promise<void>
  remove(id: string): Promise<void>
  readonly cache: Pick<PackageCache, 'bytes' | 'limitBytes'>
  close(): Promise<void>
}

export type EnvironmentsOptions = LocalOptions & { readonly store: Store; readonly environmentDays: number }

const TOUCH_MS = 3600_000

export function createEnvironments(options: EnvironmentsOptions): Environments {
  const { store } = options
  const local = new LocalEnvironments(options)
  const planner = createPlanner(options)
  const touch = createToucher(options)
  const stopUpkeep = startUpkeep(options, local)

  const installed = ({ runtime, environmentId: id }: VersionPackages, { sitePackages }: ReadyEnvironment): Prepared => {
    touch(id)
    return { runtime, environment: { id, sitePackages } }
  }

  async function install({ runtime }: Owner, code: Code): Promise<Prepared> {
    const { packages, plan } = await packagesOf(planner, code, runtime)
    if (packages === null) return { runtime, environment: null }
    if (plan !== null) local.keepPlanLog(packages.environmentId, plan.log)
    return installed(packages, await ensure({ store, local }, packages, plan))
  }

  return {
    async plan(code, { runtime }, newest, refresh) {
      const wanted = planner.read(code, runtime)
      if (wanted === null) return null
      if (!refresh && newest?.declaration === wanted.key) return newest
      const { packages, environment, log } = await planner.resolve(wanted, refresh).finally(local.cache.trim)
      await store.workflows.putEnvironment(environment)
      local.keepPlanLog(packages.environmentId, log)
      return packages
    },
    async preview(code, { runtime }) {
      const wanted = planner.read(code, runtime)
      return wanted === null ? null : (await planner.resolve(wanted, true).finally(local.cache.trim)).packages
    },
    unchanged: (code, { runtime }, newest) => unchanged(planner, code, runtime, newest),
    findReady({ runtime }, code) {
      const { packages } = code
      if (packages === null) return { runtime, environment: null }
      if (packages === undefined) return mayDeclare(code) ? null : { runtime, environment: null }
      const found = local.find({ id: packages.environmentId, runtime: packages.runtime })
      return found === null ? null : installed(packages, found)
    },
    findTested: (owner, code) => findTested({ planner, local, installed }, owner, code),
    async prepare(owner, code, waitMs) {
      const work = install(owner, code)
      return waitMs === null ? await work : await within(work, waitMs)
    },
    findFailure: ({ packages }) => (packages ? local.findFailure(packages.environmentId) : null),
    stateOf: (environment) => local.stateOf(environment),
    logOf: (id) => local.logOf(id),
    async build(id) {
      const environment = await getEnvironment(store, id)
      await local.build(environment, { replace: true }).catch(() => {})
    },
    remove: (id) => remove({ ...options, local }, id),
    cache: local.cache,
    async close() {
      stopUpkeep()
      await local.close()
    },
  }
}

type Deps = { readonly store: Store; readonly local: LocalEnvironments }

async function ensure({ store, local }: Deps, packages: VersionPackages, plan: Plan | null): Promise<ReadyEnvironment> {
  const { environmentId: id, runtime } = packages
  const found = local.find({ id, runtime })
  if (found !== null) return found
  const problem = local.findFailure(id)
  if (problem !== null) throw failed(problem)
  const environment = plan?.environment ?? (await store.workflows.getEnvironment(id))
  if (environment === null) throw failed('The lock of this environment is missing.')
  try {
    return await local.build(environment, { replace: false })
  } catch (error) {
    throw error instanceof UserError ? error : failed(reasonOf(error))
  }
}

async function packagesOf(
  planner: Planner,
  code: Code,
  runtime: string,
): Promise<{ packages: VersionPackages | null; plan: Plan | null }> {
  if (code.packages !== undefined) return { packages: code.packages, plan: null }
  const wanted = planner.read(code, runtime)
  if (wanted === null) return { packages: null, plan: null }
  const plan = await planner.resolve(wanted, false)
  return { packages: plan.packages, plan }
}

function unchanged(
  planner: Planner,
  code: CodeText,
  runtime: string,
  newest: VersionPackages | null,
): VersionPackages | null {
  try {
    return planner.read(code, runtime)?.key === newest?.declaration ? newest : null
  } catch (error) {
    if (error instanceof UserError) return null
    throw error
  }
}

type Tested = {
  readonly planner: Planner
  readonly local: LocalEnvironments
  readonly installed: (packages: VersionPackages, found: ReadyEnvironment) => Prepared
}

async function findTested({ planner, local, installed }: Tested, { runtime }: Owner, code: CodeText) {
  try {
    const wanted = planner.read(code, runtime)
    const plan = wanted === null ? null : await planner.find(wanted)
    const found = plan === null ? null : local.find({ id: plan.packages.environmentId, runtime: plan.packages.runtime })
    return plan === null || found === null ? null : installed(plan.packages, found)
  } catch (error) {
    if (error instanceof UserError) return null
    throw error
  }
}

async function remove({ store, pool, local }: EnvironmentsOptions & Deps, id: string): Promise<void> {
  const environment = await getEnvironment(store, id)
  const uses = await store.workflows.listEnvironmentUses([id], true)
  const [use] = uses
  if (use !== undefined) {
    const what = use.deployed ? 'The deployed version' : 'A waiting run of version'
    const message = `${what} ${use.version} of ${JSON.stringify(use.workflowName)} uses this environment.`
    throw new UserError('conflict', message)
  }
  if (local.isBuilding(id)) throw new UserError('conflict', 'The environment is being built. Remove it afterwards.')
  if (!pool.releaseEnvironment(id)) {
    throw new UserError('conflict', 'A run uses this environment. Remove it afterwards.')
  }
  await local.remove(environment)
}

async function getEnvironment(store: Store, id: string) {
  const environment = await store.workflows.getEnvironment(id)
  if (environment === null)
    throw new UserError('not_found', `There is no environment ${JSON.stringify(id.slice(0, 100))}.`)
  return environment
}

function createToucher({ store, log, now }: EnvironmentsOptions): (id: string) => void {
  const touched = new Map<string, number>()
  return (id) => {
    const at = now()
    if ((touched.get(id) ?? 0) > at - TOUCH_MS) return
    touched.set(id, at)
    store.workflows
      .touchEnvironments([id], at)
      .catch((error: unknown) => log.warn({ err: error }, 'the use of an environment could not be noted'))
  }
}

const failed = (detail: string): UserError => new UserError('environment_failed', detail)

async function within<T>(work: Promise<T>, waitMs: number): Promise<T> {
  const late = Promise.withResolvers<never>()
  const detail = `The packages of this workflow are being installed on this server, which takes longer than ${waitMs / 1000} s. Call again later.`
  const timer = setTimeout(
    () => late.reject(new UserError('environment_not_ready', detail, { retryAfterSeconds: 10 })),
    waitMs,
  )
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
