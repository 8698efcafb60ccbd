/** Packages of versions: resolved before they are stored, installed before they are deployed. */

import type { CodeText } from '../../../domain/modules/module-files.ts'
import type { VersionPackages } from '../../../domain/packages/version-packages.ts'
import type { Version, Workflow } from '../../../domain/workflow.ts'
import { UserError } from '../../../errors.ts'
import { versionKeyOf } from '../../../runs/job.ts'
import { mayDeclare } from '../../../runs/packages/prepared.ts'
import { UNKNOWN } from '../../auth/refusals.ts'
import type { ApiContext } from '../common/api.ts'
import { passGate } from '../trials/gate.ts'

const MIB = 1024 * 1024

type Draft = Pick<Version, 'id' | 'source' | 'files'>

/**
 * Returns the packages of a new version. A draft is stored whatever it declares: what is new in it is resolved when it is
 * tested or deployed. Throws `invalid_packages` or `environment_failed` for one that is to be deployed.
 */
export async function planPackages(
  { store, environments }: ApiContext,
  workflow: Workflow,
  code: CodeText,
  { deploy, upgrade }: { deploy: boolean; upgrade: boolean },
): Promise<VersionPackages | null> {
  if (!mayDeclare(code)) return null
  const newest = (await store.listVersions(workflow.id, { limit: 1, cursor: null })).data[0]?.packages ?? null
  if (deploy || upgrade) return await environments.plan(code, workflow, newest, upgrade)
  return environments.unchanged(code, workflow, newest)
}

/** Resolves the packages of a version that was stored as a draft, and keeps them. */
export async function settlePackages(context: ApiContext, workflow: Workflow, version: Version): Promise<Version> {
  if (version.packages !== null || !mayDeclare(version)) return version
  const packages = await planPackages(context, workflow, version, { deploy: true, upgrade: false })
  if (packages !== null) await context.store.setVersionPackages(version.id, packages)
  return { ...version, packages }
}

/**
 * Installs the packages and loads the code in a sandbox without running it: what is deployed must at least do that.
 * Throws `environment_failed` or `load_error`.
 */
export async function checkLoads(
  { pool, environments }: ApiContext,
  workflow: Workflow,
  draft: Draft,
  packages: VersionPackages | null,
): Promise<void> {
  const { id, kind, isolation, egress, memoryMib, variables } = workflow
  const prepared = await environments.prepare(workflow, { ...draft, packages }, null)
  const loaded = await pool.load({
    workflowId: id,
    kind,
    versionKey: versionKeyOf(draft.id, workflow),
    source: draft.source,
    files: draft.files,
    ...prepared,
    isolation,
    memoryBytes: memoryMib * MIB,
    variables,
    egress,
  })
  if (loaded.ok) return
  const { detail, line, file, isUndeclared } = loaded
  throw new UserError(isUndeclared ? 'invalid_packages' : 'load_error', detail, { line, file })
}

/** Installs the packages in the background, then deploys. What goes wrong is logged, and shown on the environment. */
export function deployWhenReady(
  context: ApiContext,
  workflow: Workflow,
  version: Version,
  passGate: () => Promise<void>,
): void {
  const { store, now, log, changes } = context
  const work = async () => {
    try {
      await checkLoads(context, workflow, version, version.packages)
      await passGate()
    } catch (error) {
      await store.endVersionWait(version.id, false, now())
      throw error
    }
    const done = await store.endVersionWait(version.id, true, now())
    if (done) changes.announce({ workflowId: workflow.id, action: 'version.deploy' })
  }
  work().catch((error: unknown) => {
    log.warn({ err: error, workflowId: workflow.id, version: version.number }, 'a version could not be deployed')
  })
}

/** Goes on with what an earlier process of this server, or one that died, left waiting. */
export async function resumeDeployments(context: ApiContext): Promise<void> {
  for (const version of await context.store.listWaitingVersions()) {
    const workflow = await context.store.getWorkflow(version.workflowId)
    if (workflow === null) continue
    const gate = { by: version.createdBy ?? UNKNOWN, force: false }
    deployWhenReady(context, workflow, version, () => passGate(context, workflow, { version: version.number }, gate))
  }
}
