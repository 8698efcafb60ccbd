import type { Version, Workflow } from '../../../domain/workflows/workflow.ts'
import { versionKeyOf } from '../../../runs/execution/job.ts'
import type { Environments } from '../../../runs/packages/environments.ts'
import type { ApiContext } from '../common/api.ts'
import { timeOrNull, timeText } from '../common/present.ts'

type Owner = Pick<Workflow, 'deployedVersionId' | 'runtime'>

export function presentListedVersion(
  { id, number, source, message, createdAt, createdBy, deployedAt, packages, durable }: Version,
  { deployedVersionId, runtime }: Owner,
  environments: Pick<Environments, 'stateOf'>,
) {
  return {
    id,
    number,
    source,
    message,
    created_at: timeText(createdAt),
    created_by: createdBy,
    deployed: id === deployedVersionId,
    deployed_at: timeOrNull(deployedAt),
    runtime: packages?.runtime ?? runtime,
    packages: packages?.packages ?? [],
    requires_python: packages?.requiresPython ?? null,
    environment:
      packages === null ? null : presentState({ id: packages.environmentId, runtime: packages.runtime }, environments),
    notes: packages?.notes ?? [],
    durable,
  }
}

/** Lists omit the lock, the modules and the obstacle to forks: a page would hold up to 200 MiB. */
export async function presentVersion({ store, environments, pool }: ApiContext, version: Version, owner: Workflow) {
  const { packages, files } = version
  const environment = packages === null ? null : await store.workflows.getEnvironment(packages.environmentId)
  const fork_obstacle = pool.obstacleOf(versionKeyOf(version.id, owner))
  const lock = environment?.lock ?? null
  return { ...presentListedVersion(version, owner, environments), files, fork_obstacle, lock }
}

export function presentState(
  environment: { readonly id: string; readonly runtime: string },
  environments: Pick<Environments, 'stateOf'>,
) {
  const { status, detail, sizeBytes, builtAt } = environments.stateOf(environment)
  return { id: environment.id, status, detail, size_bytes: sizeBytes, built_at: timeOrNull(builtAt) }
}
