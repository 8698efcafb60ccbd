/** Saved and deployed code has one path: plan its packages, check that it loads, pass the gate, write. */

import type { CodeText } from '../domain/modules/module-files.ts'
import type { Version, Workflow } from '../domain/workflows/workflow.ts'
import { UserError } from '../errors.ts'
import { newId } from '../random.ts'
import type { StoreParts, StoreUse } from '../store/store.ts'
import { type GateDeps, type GateOptions, passGate } from './gate.ts'
import { checkLoads, type PackageDeps, planPackages, settlePackages } from './packages.ts'

export type PrepareDeps = Omit<PackageDeps, 'store'> &
  Omit<GateDeps, 'store'> & {
    readonly store: PackageDeps['store'] & GateDeps['store'] & StoreUse<{ workflows: 'getVersion' }>
  }

export type NewCode = CodeText & {
  readonly message: string
  /** `later`: once the packages are installed. */
  readonly deploy: 'now' | 'later' | 'no'
  readonly upgrade?: boolean
}

export type DeployOptions = GateOptions & {
  /** The change's base, 0 for none. Other numbers are a conflict. */
  readonly base?: { readonly newest?: number | undefined; readonly deployed?: number | undefined }
}

export type Write = (tx: StoreParts) => Promise<Version>

export async function prepareSave(
  deps: PrepareDeps,
  workflow: Workflow,
  { source, files, message, deploy, upgrade = false }: NewCode,
  { by, force, base }: DeployOptions,
): Promise<Write> {
  const createdAt = deps.now()
  const id = newId('ver', createdAt)
  const packages = await planPackages(deps, workflow, { source, files }, { deploy: deploy !== 'no', upgrade })
  if (deploy === 'now') {
    await checkLoads(deps, workflow, { id, source, files }, packages)
    await passGate(deps, workflow, { version: null, source, files }, { by, force })
  }
  const draft = { id, workflowId: workflow.id, source, files, packages, message, createdAt, createdBy: by }
  return (tx) =>
    tx.workflows.createVersion(draft, {
      deploy: deploy === 'now',
      base,
      whenReady: deploy === 'later' ? { force } : undefined,
    })
}

export async function prepareDeployment(
  deps: PrepareDeps,
  workflow: Workflow,
  number: number,
  { base, ...gate }: DeployOptions,
): Promise<Write> {
  await checkVersion(deps, workflow, number, gate)
  return async (tx) => {
    const made = await tx.workflows.deployVersion(workflow.id, number, deps.now(), base)
    if (made === null) throw noVersion(number)
    return made
  }
}

export async function checkVersion(
  deps: PrepareDeps,
  workflow: Workflow,
  number: number,
  gate: GateOptions,
): Promise<void> {
  const version = await deps.store.workflows.getVersion(workflow.id, number)
  if (version === null) throw noVersion(number)
  const settled = await settlePackages(deps, workflow, version)
  await checkLoads(deps, workflow, settled, settled.packages)
  await passGate(deps, workflow, { version: number }, gate)
}

const noVersion = (number: number): UserError => new UserError('not_found', `There is no version ${number}.`)
