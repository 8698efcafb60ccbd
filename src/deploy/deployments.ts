import type { Canary } from '../domain/trials/canary.ts'
import type { Version, Workflow } from '../domain/workflows/workflow.ts'
import { UserError } from '../errors.ts'
import { deploymentChange, deploymentDetail } from './audit-line.ts'
import { type Background, type BackgroundDeps, createBackground } from './background.ts'
import type { GateOptions } from './gate.ts'
import {
  checkVersion,
  type DeployOptions,
  type NewCode,
  type PrepareDeps,
  prepareDeployment,
  prepareSave,
  type Write,
} from './prepare.ts'

export type Deployments = Pick<Background, 'adopt' | 'close'> & {
  /** Deployed code may throw `invalid_packages`, `environment_failed`, `load_error` or `gate_failed`. */
  save(workflow: Workflow, code: NewCode, options: DeployOptions): Promise<Version>
  deploy(workflow: Workflow, number: number, options: DeployOptions): Promise<Version>
  /** Throws `conflict` if the canary ends first. */
  promote(workflow: Workflow, canary: Canary, gate: GateOptions): Promise<Version>
  /** Throws `bad_request` for a version that cannot be one. */
  checkCandidate(workflow: Workflow, canary: Canary, gate: GateOptions): Promise<void>
  /** The write may be part of a larger transaction. */
  prepareSave(workflow: Workflow, code: NewCode, options: DeployOptions): Promise<Write>
  prepareDeployment(workflow: Workflow, number: number, options: DeployOptions): Promise<Write>
}

export type DeploymentDeps = PrepareDeps & BackgroundDeps

type Action = 'version.create' | 'version.deploy' | 'canary.promote'

export function createDeployments(deps: DeploymentDeps): Deployments {
  const background = createBackground(deps)
  return {
    adopt: background.adopt,
    close: background.close,
    prepareSave: (workflow, code, options) => prepareSave(deps, workflow, code, options),
    prepareDeployment: (workflow, number, options) => prepareDeployment(deps, workflow, number, options),
    checkCandidate: (workflow, canary, gate) => checkCandidate(deps, workflow, canary, gate),
    async save(workflow, code, options) {
      const write = await prepareSave(deps, workflow, code, options)
      const action = code.deploy === 'now' ? 'version.deploy' : 'version.create'
      const version = await record(deps, workflow, write, { ...options, action })
      if (code.deploy === 'later') background.begin({ version, force: options.force })
      return version
    },
    async deploy(workflow, number, options) {
      const write = await prepareDeployment(deps, workflow, number, options)
      return await record(deps, workflow, write, { ...options, action: 'version.deploy' })
    },
    async promote(workflow, { version: number }, gate) {
      const base = { deployed: workflow.deployedVersion ?? 0 }
      const deploy = await prepareDeployment(deps, workflow, number, { ...gate, base })
      const write: Write = async (tx) => {
        if ((await tx.trials.lockCanary(workflow.id))?.version !== number) throw noCanary()
        return await deploy(tx)
      }
      return await record(deps, workflow, write, { ...gate, action: 'canary.promote' })
    },
  }
}

async function record(
  { store, now, announce }: DeploymentDeps,
  workflow: Workflow,
  write: Write,
  { by, force, action }: GateOptions & { readonly action: Action },
): Promise<Version> {
  const { id: workflowId, deployedVersion } = workflow
  const isDeployed = action !== 'version.create'
  const version = await store.together(async (tx) => {
    const made = await write(tx)
    const detail = deploymentDetail(made.number, workflow, isDeployed && force)
    const changes = isDeployed ? deploymentChange(deployedVersion, made.number) : []
    await tx.audit.add({ at: now(), by, action, workflowId, detail, changes })
    return made
  })
  announce({ workflowId, action })
  return version
}

async function checkCandidate(
  deps: DeploymentDeps,
  workflow: Workflow,
  { version: number }: Canary,
  gate: GateOptions,
): Promise<void> {
  if (number === workflow.canary?.version) return
  const { id, deployedVersion } = workflow
  if (deployedVersion === null || deployedVersion === number) {
    const found = deployedVersion === null ? 'none' : `version ${number}`
    throw badCandidate(`another version than the deployed one, found ${found}`)
  }
  if ((await deps.store.workflows.getVersion(id, number)) === null)
    throw badCandidate(`a version of the workflow, found no version ${number}`)
  await checkVersion(deps, workflow, number, gate)
}

const badCandidate = (expected: string): UserError =>
  new UserError('bad_request', `canary.version: expected ${expected}.`)

export const noCanary = (): UserError =>
  new UserError('conflict', 'The workflow has no canary now, or another one: read it again.')
