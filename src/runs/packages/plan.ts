import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { CodeText } from '../../domain/modules/module-files.ts'
import { type Declaration, declarationKey, readDeclaration } from '../../domain/packages/declaration.ts'
import { describeOlder } from '../../domain/packages/notes.ts'
import { type NpmDeclaration, npmDeclarationKey, readNpmDeclaration } from '../../domain/packages/npm-declaration.ts'
import { notesOfNpm } from '../../domain/packages/npm-notes.ts'
import { PackagesError } from '../../domain/packages/packages-error.ts'
import { lockedPackages } from '../../domain/packages/read-lock.ts'
import { parseRequirement, type Requirement } from '../../domain/packages/requirement.ts'
import { chooseRuntime } from '../../domain/packages/runtimes.ts'
import type { EnvironmentLock, VersionPackages } from '../../domain/packages/version-packages.ts'
import { languageOf } from '../../domain/shared/language.ts'
import { UserError } from '../../errors.ts'
import { BuildError } from '../../workers/packages/build-error.ts'
import type { Builder, Resolved } from '../../workers/packages/builder.ts'
import type { OnLine } from '../../workers/packages/run-tool.ts'
import type { Pool } from '../../workers/pool/pool.ts'
import type { Interpreter } from '../../workers/sandbox/machine/interpreters.ts'
import { type BuildLog, createBuildLog } from './build-log.ts'

export type Plan = { readonly packages: VersionPackages; readonly environment: EnvironmentLock; readonly log: BuildLog }

export type Planner = {
  /** Null: no declaration. Throws UserError `invalid_packages`. */
  read(code: CodeText, runtime: string): Wanted | null
  resolve(wanted: Wanted, refresh: boolean): Promise<Plan>
  /** Returns the plan of the last hour. */
  find(wanted: Wanted): Promise<Plan> | null
}

type Wanted = { readonly key: string; readonly runtime: string } & (
  | { readonly language: 'python'; readonly declaration: Declaration }
  | { readonly language: 'javascript'; readonly declaration: NpmDeclaration }
)

type Locked = { readonly resolved: Resolved; readonly direct: readonly string[]; readonly notes: readonly string[] }

type Options = { readonly builder: Builder | null; readonly pool: Pool; readonly now: () => number }

const BASE = ['hrflow', 'requests']
/** A test and the following deployment get the same lock. */
const KEPT_MS = 3600_000
const MAX_KEPT = 200

export function createPlanner({ builder, pool, now }: Options): Planner {
  const kept = new LRUCache<string, { at: number; plan: Promise<Plan> }>({ max: MAX_KEPT })

  async function resolve(wanted: Wanted): Promise<Plan> {
    const interpreter = pool.findInterpreter(wanted.runtime)
    if (builder === null || interpreter === null) throw new UserError('environment_failed', NO_BUILDER)
    const log = createBuildLog(now, [], true)
    const { runtime, key, language } = wanted
    const { resolved, direct, notes } = await (language === 'python'
      ? lockPython(builder, wanted.declaration, interpreter, log.add)
      : lockNpm(builder, wanted.declaration, interpreter, log.add))
    const environmentId = environmentIdOf(resolved.lock, runtime)
    return {
      packages: {
        declaration: key,
        requiresPython: language === 'python' ? wanted.declaration.requiresPython : null,
        runtime,
        environmentId,
        packages: lockedPackages(resolved.lock, language, new Set(direct)),
        notes,
      },
      environment: { id: environmentId, runtime, ...resolved, createdAt: now(), lastUsedAt: now() },
      log,
    }
  }

  function find({ key }: Wanted): Promise<Plan> | null {
    const known = kept.get(key)
    return known !== undefined && known.at > now() - KEPT_MS ? known.plan : null
  }

  return {
    find,
    read(code, asked) {
      try {
        return languageOf(asked) === 'python' ? readPython(pool, code, asked) : readNpm(code, asked)
      } catch (error) {
        if (!(error instanceof PackagesError)) throw error
        throw new UserError('invalid_packages', sentence(error.message), { line: error.line })
      }
    },
    async resolve(wanted, refresh) {
      const known = refresh ? null : find(wanted)
      if (known !== null) return await known
      const plan = resolve(wanted).catch(toUserError)
      kept.set(wanted.key, { at: now(), plan })
      plan.catch(() => kept.get(wanted.key)?.plan === plan && kept.delete(wanted.key))
      return await plan
    },
  }
}

function readPython(pool: Pool, { source }: CodeText, asked: string): Wanted | null {
  const declaration = readDeclaration(source)
  if (declaration === null) return null
  const pythons = pool.listRuntimes().filter(({ language }) => language === 'python')
  const runtime = chooseRuntime(declaration.requiresPython, asked, pythons, lineOf(source))
  return { language: 'python', declaration, key: declarationKey(declaration, asked), runtime }
}

function readNpm(code: CodeText, runtime: string): Wanted | null {
  const declaration = readNpmDeclaration(code)
  if (declaration === null) return null
  return { language: 'javascript', declaration, key: npmDeclarationKey(declaration, runtime), runtime }
}

async function lockPython(
  builder: Builder,
  declaration: Declaration,
  interpreter: Interpreter,
  onLine: OnLine,
): Promise<Locked> {
  const offered = listOffered(builder, declaration)
  const { resolved, notes } = await resolveWithBase(builder, declaration, (dependencies) =>
    builder.resolve({ ...declaration, dependencies }, interpreter, onLine),
  )
  const direct = declaration.dependencies.map(({ name }) => name)
  const older = findOlder(await offered, lockedPackages(resolved.lock, 'python', new Set(direct)))
  return { resolved, direct, notes: [...notes, ...older] }
}

async function lockNpm(
  builder: Builder,
  declaration: NpmDeclaration,
  interpreter: Interpreter,
  onLine: OnLine,
): Promise<Locked> {
  const lock = await builder.resolveNpm(declaration, interpreter, onLine)
  const direct = declaration.requirements.map(({ name }) => name)
  return { resolved: { lock, withSources: false }, direct, notes: notesOfNpm(lock) }
}

const NO_BUILDER =
  'This server cannot install packages: it needs bubblewrap and uv, which npm start brings where it can. The notes at its start say what is missing.'

/** Falls back to a lock without the base packages. */
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
    const resolved = await resolve(dependencies)
    return { resolved, notes: [`${names}: no version fits the packages of this version, so they are not installed.`] }
  }
}

type Offered = { readonly requirement: Requirement; readonly versions: readonly string[] }

/** The promise never rejects, because the caller may await it after the resolution. */
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

export const environmentIdOf = (lock: string, runtime: string): string =>
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
