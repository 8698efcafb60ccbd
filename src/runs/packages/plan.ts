/** From the declaration in a source to a lock. */

import { createHash } from 'node:crypto'
import { type Declaration, declarationKey, readDeclaration } from '../../domain/packages/declaration.ts'
import { packagesOf, parseLock } from '../../domain/packages/lock.ts'
import { describeOlder } from '../../domain/packages/notes.ts'
import { PackagesError } from '../../domain/packages/packages-error.ts'
import { parseRequirement, type Requirement } from '../../domain/packages/requirement.ts'
import { chooseRuntime } from '../../domain/packages/runtimes.ts'
import type { EnvironmentLock, VersionPackages } from '../../domain/packages/version-packages.ts'
import { languageOf } from '../../domain/workflows/language.ts'
import { UserError } from '../../errors.ts'
import { BuildError, type Builder, type Resolved } from '../../workers/packages/builder.ts'
import type { Pool } from '../../workers/pool/pool.ts'
import { type BuildLog, createBuildLog } from './build-log.ts'

/** `isNew`: nothing that was known before asked for the same. */
export type Plan = { readonly packages: VersionPackages; readonly environment: EnvironmentLock; readonly log: BuildLog }

type PlanRequest = {
  readonly source: string
  /** The workflow's runtime. */
  readonly runtime: string
}

export type Planner = {
  /** The declaration and the runtime of a source; null without a block. Throws UserError `invalid_packages`. */
  read(request: PlanRequest): Wanted | null
  /** Throws UserError `invalid_packages` or `environment_failed`. */
  resolve(wanted: Wanted, refresh: boolean): Promise<Plan>
}

type Wanted = { readonly declaration: Declaration; readonly key: string; readonly runtime: string }

type Options = { readonly builder: Builder | null; readonly pool: Pool; readonly now: () => number }

/** What every environment has besides what its block names. */
const BASE = ['hrflow', 'requests']
/** A test and the deployment after it get the same lock. */
const KEPT_MS = 3600_000
const MAX_KEPT = 200

export function createPlanner({ builder, pool, now }: Options): Planner {
  const kept = new Map<string, { at: number; plan: Promise<Plan> }>()

  async function resolve(wanted: Wanted): Promise<Plan> {
    const interpreter = pool.findInterpreter(wanted.runtime)
    if (builder === null || interpreter === null) throw new UserError('environment_failed', NO_BUILDER)
    const log = createBuildLog(now, [], true)
    const { declaration, runtime, key } = wanted
    const offered = listOffered(builder, declaration)
    const { resolved, notes } = await resolveWithBase(builder, declaration, (dependencies) =>
      builder.resolve({ ...declaration, dependencies }, interpreter, log.add),
    )
    const direct = new Set(declaration.dependencies.map(({ name }) => name))
    const packages = packagesOf(parseLock(resolved.lock), direct)
    const older = findOlder(await offered, packages)
    const environmentId = environmentIdOf(resolved.lock, runtime)
    return {
      packages: {
        declaration: key,
        requiresPython: declaration.requiresPython,
        runtime,
        environmentId,
        packages,
        notes: [...notes, ...older],
      },
      environment: { id: environmentId, runtime, ...resolved, createdAt: now(), lastUsedAt: now() },
      log,
    }
  }

  return {
    read({ source, runtime: asked }) {
      if (languageOf(asked) !== 'python') return null
      try {
        const declaration = readDeclaration(source)
        if (declaration === null) return null
        const pythons = pool.listRuntimes().filter(({ language }) => language === 'python')
        const runtime = chooseRuntime(declaration.requiresPython, asked, pythons, lineOf(source))
        return { declaration, key: declarationKey(declaration, asked), runtime }
      } catch (error) {
        if (!(error instanceof PackagesError)) throw error
        throw new UserError('invalid_packages', sentence(error.message), { line: error.line })
      }
    },
    async resolve(wanted, refresh) {
      const known = kept.get(wanted.key)
      if (!refresh && known !== undefined && known.at > now() - KEPT_MS) return await known.plan
      if (kept.size >= MAX_KEPT) kept.clear()
      const plan = resolve(wanted).catch(toUserError)
      kept.set(wanted.key, { at: now(), plan })
      plan.catch(() => kept.get(wanted.key)?.plan === plan && kept.delete(wanted.key))
      return await plan
    },
  }
}

const NO_BUILDER =
  'This server cannot install packages: it needs bubblewrap and uv, which npm start brings where it can. The notes at its start say what is missing.'

/** The base packages in whatever version fits; where none does, without them. */
async function resolveWithBase(
  builder: Builder,
  { dependencies }: Declaration,
  resolve: (dependencies: readonly Requirement[]) => Promise<Resolved>,
): Promise<{ resolved: Resolved; notes: readonly string[] }> {
  const named = new Set(dependencies.map(({ name }) => name))
  const base = BASE.filter((name) => !named.has(name)).map(parseRequirement)
  try {
    return { resolved: await resolve([...dependencies, ...base]), notes: [] }
  } catch (error) {
    if (base.length === 0 || !(error instanceof BuildError) || builder.isClosing) throw error
    const names = base.map(({ name }) => name).join(' and ')
    // Where this fails too, its words are about the source's own requirements alone.
    const resolved = await resolve(dependencies)
    return { resolved, notes: [`${names}: no version fits the packages of this version, so they are not installed.`] }
  }
}

type Offered = { readonly requirement: Requirement; readonly versions: readonly string[] }

/** Which versions the index has of each requirement. It never rejects, so it may be asked while the resolution goes on. */
function listOffered(builder: Builder, { dependencies, excludeNewer }: Declaration): Promise<readonly Offered[]> {
  const asked = excludeNewer === null ? dependencies : []
  return Promise.all(
    asked.map(async (requirement) => ({
      requirement,
      versions: await builder.listVersions(requirement.name).catch(() => []),
    })),
  )
}

function findOlder(offered: readonly Offered[], packages: VersionPackages['packages']): readonly string[] {
  const taken = new Map(packages.map(({ name, version }) => [name, version]))
  return offered.flatMap(({ requirement, versions }) => {
    const version = taken.get(requirement.name)
    const note = version === undefined ? null : describeOlder(requirement, version, versions)
    return note === null ? [] : [note]
  })
}

/** Equal locks on one runtime are one environment. */
const environmentIdOf = (lock: string, runtime: string): string =>
  `env_${createHash('sha256').update(`${runtime}\n${lock}`).digest('hex').slice(0, 32)}`

function lineOf(source: string): number | null {
  const index = source.split(/\r\n|\r|\n/).findIndex((line) => /^#\s*requires-python\b/.test(line))
  return index === -1 ? null : index + 1
}

function toUserError(error: unknown): never {
  if (error instanceof BuildError) {
    throw new UserError(error.isLimit ? 'invalid_packages' : 'environment_failed', sentence(error.message))
  }
  throw error
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)
