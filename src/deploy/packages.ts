import { compare } from '@renovatebot/pep440'
import type { CodeText } from '../domain/modules/module-files.ts'
import type { VersionPackages } from '../domain/packages/version-packages.ts'
import type { Version, Workflow } from '../domain/workflows/workflow.ts'
import { UserError } from '../errors.ts'
import { durableOf, versionKeyOf } from '../runs/execution/job.ts'
import type { Environments } from '../runs/packages/environments.ts'
import { mayDeclare, type Prepared } from '../runs/packages/prepared.ts'
import type { StoreUse } from '../store/store.ts'
import type { Pool } from '../workers/pool/pool.ts'

const MIB = 1024 * 1024

export type PackageDeps = {
  readonly store: StoreUse<{ workflows: 'listVersions' | 'setVersionPackages' }>
  readonly environments: Pick<Environments, 'plan' | 'unchanged' | 'prepare'>
  readonly pool: Pick<Pool, 'load' | 'listRuntimes'>
}

/**
 * A draft's new packages are resolved at its test or deployment. A deployment throws `invalid_packages` or
 * `environment_failed`.
 */
export async function planPackages(
  { store, environments }: Pick<PackageDeps, 'store' | 'environments'>,
  workflow: Workflow,
  code: CodeText,
  { deploy, upgrade }: { deploy: boolean; upgrade: boolean },
): Promise<VersionPackages | null> {
  if (!mayDeclare(code)) return null
  const newest = (await store.workflows.listVersions(workflow.id, { limit: 1, cursor: null })).data[0]?.packages ?? null
  if (deploy || upgrade) return await environments.plan(code, workflow, newest, upgrade)
  return environments.unchanged(code, workflow, newest)
}

export async function settlePackages(
  deps: Pick<PackageDeps, 'store' | 'environments'>,
  workflow: Workflow,
  version: Version,
): Promise<Version> {
  if (version.packages !== null || !mayDeclare(version)) return version
  const packages = await planPackages(deps, workflow, version, { deploy: true, upgrade: false })
  if (packages !== null) await deps.store.workflows.setVersionPackages(version.id, packages)
  return { ...version, packages }
}

/** Uses a sandbox and does not run the code. Throws `environment_failed` or `load_error`. */
export async function checkLoads(
  { pool, environments }: Pick<PackageDeps, 'pool' | 'environments'>,
  workflow: Workflow,
  draft: Pick<Version, 'id' | 'source' | 'files'> & { readonly durable?: boolean },
  packages: VersionPackages | null,
): Promise<void> {
  const { id, kind, isolation, egress, memoryMib, variables } = workflow
  const prepared = await environments.prepare(workflow, { ...draft, packages }, null)
  const load = (on: Workflow, { runtime, environment }: Prepared) =>
    pool.load({
      workflowId: id,
      kind,
      versionKey: versionKeyOf(draft.id, on),
      source: draft.source,
      files: draft.files,
      runtime,
      environment,
      durable: durableOf(draft, on),
      isolation,
      memoryBytes: memoryMib * MIB,
      variables,
      egress,
    })
  const loaded = await load(workflow, prepared)
  if (loaded.ok) return
  const { detail, line, file, isUndeclared } = loaded
  if (isUndeclared) throw new UserError('invalid_packages', detail, { line, file })
  const isBase = prepared.environment === null && OTHER_VERSION.test(detail)
  const older = isBase ? olderPythons(pool.listRuntimes(), prepared.runtime) : []
  const fitting: string[] = []
  for (const runtime of older)
    if ((await load({ ...workflow, runtime }, { runtime, environment: null })).ok) fitting.push(runtime)
  const stop = /[.!?]$/.test(detail) ? '' : '.'
  const hint = fitting.length === 0 ? '' : `${stop} It loads on ${fitting.join(', ')}: set the runtime of the workflow.`
  throw new UserError('load_error', `${detail}${hint}`, { line, file })
}

/** Code for an older Python raises these while it loads. */
const OTHER_VERSION = /(?:SyntaxError|ImportError|ModuleNotFoundError|AttributeError|TypeError)/

/** Newest first. */
function olderPythons(runtimes: ReturnType<Pool['listRuntimes']>, runtime: string): readonly string[] {
  const version = runtimes.find(({ name }) => name === runtime)?.version
  if (version === undefined) return []
  return runtimes
    .filter((one) => one.language === 'python' && one.usable && compare(one.version, version) < 0)
    .sort((a, b) => compare(b.version, a.version))
    .map(({ name }) => name)
}
