import type { FastifyRequest } from 'fastify'
import { restoreSample } from '../../../domain/folders/restore-sample.ts'
import type { Version, Workflow } from '../../../domain/workflows/workflow.ts'
import { UserError, workflowNotFound } from '../../../errors.ts'
import type { FieldChange } from '../../../store/audit/audit.ts'
import type { WorkflowChanges } from '../../../store/workflows/rows.ts'
import { actorOf } from '../../auth/shared/principal.ts'
import { type ApiContext, findWorkflow, recorded } from '../common/api.ts'
import { discloseSample } from '../common/disclosure.ts'
import { fieldChanges } from '../common/field-changes.ts'
import { assertConnections } from '../connections/assert-connections.ts'
import { listAllSettings } from '../settings/list-all.ts'
import { putSettings } from '../settings/put-settings.ts'
import { assertMayUseShared } from '../settings/shared-rights.ts'
import { assertBase as assertBaseRuns, assertLanguage } from '../workflows/read-fields.ts'
import { assertSample, senderSecrets } from './import.ts'
import { type Change, type Plan, planChanges } from './plan.ts'
import type { ReadFolder } from './read-folder.ts'
import { findNewest } from './write-folder.ts'

export type UpdateOptions = {
  readonly deploy: boolean
  readonly dryRun: boolean
  readonly force: boolean
  readonly baseUpdatedAt: number | undefined
  readonly baseVersion: number | undefined
}

export async function updateFromFolder(
  context: ApiContext,
  request: FastifyRequest,
  workflow: Workflow,
  folder: ReadFolder,
  options: UpdateOptions,
): Promise<{ readonly workflow: Workflow; readonly changes: readonly Change[] }> {
  const { store, disclosures } = context
  if (folder.kind !== workflow.kind) {
    throw new UserError(
      'invalid_archive',
      `workflow.yaml: kind: expected ${workflow.kind}, which can't be changed, found ${folder.kind}.`,
    )
  }
  const [newest, settings, sample] = await Promise.all([
    findNewest(store, workflow.id),
    listAllSettings(store, workflow.id),
    store.workflows.findSampleRequest(workflow.id),
  ])
  assertBase(options, workflow, newest)
  const exported = sample && (await discloseSample(sample, await disclosures.outside(workflow.id)))
  const sent = { ...folder, sample: folder.sample && restoreSample(folder.sample, sample, exported) }
  const plan = planChanges(sent, { workflow, newest, settings, sample }, options.deploy)
  assertSample(plan.sample)
  await assertLanguage(store, workflow, plan.fields.runtime)
  await assertBaseRuns(store, workflow.id, plan.fields.deployGate, workflow.deployGate)
  await assertMayUseShared(context, request, plan.fields.sharedSettings ?? [], workflow.sharedSettings)
  if (options.dryRun || plan.changes.length === 0) return { workflow, changes: plan.changes }
  await apply(context, request, { workflow, newest, plan, folder }, options)
  return { workflow: await findWorkflow(store, workflow.id), changes: plan.changes }
}

/** Setting values and code stay out of the audit log. */
function auditedChanges(changes: readonly Change[]): readonly FieldChange[] {
  return changes.flatMap(({ path, old, new: value }) => {
    const field = path.slice(1)
    return field.includes('/') ? [] : fieldChanges({ [field]: old }, { [field]: value }, [field])
  })
}

function assertBase({ baseUpdatedAt, baseVersion }: UpdateOptions, workflow: Workflow, newest: Version | null): void {
  if (baseUpdatedAt !== undefined && baseUpdatedAt !== workflow.updatedAt) {
    throw new UserError('conflict', 'The workflow was changed since it was read: read it again before changing it.')
  }
  const number = newest?.number ?? 0
  if (baseVersion === undefined || baseVersion === number) return
  throw new UserError(
    'conflict',
    `The newest version was ${baseVersion} for you, and is ${number} now: read it again before changing it.`,
  )
}

type Step = {
  readonly workflow: Workflow
  readonly newest: Version | null
  readonly plan: Plan
  readonly folder: ReadFolder
}

async function apply(
  context: ApiContext,
  request: FastifyRequest,
  step: Step,
  { baseUpdatedAt, force }: UpdateOptions,
): Promise<void> {
  const { deployments, now } = context
  const { workflow, newest, plan, folder } = step
  const at = now()
  const { id } = workflow
  const changed = { ...workflow, ...plan.fields }
  const options = { by: actorOf(request), force }
  const code = plan.code && ({ ...plan.code, message: 'Pushed', deploy: plan.deploys ? 'now' : 'no' } as const)
  const base = { newest: newest?.number ?? 0 }
  const write =
    code !== null
      ? await deployments.prepareSave(changed, code, { ...options, base })
      : plan.deploys && newest !== null
        ? await deployments.prepareDeployment(changed, newest.number, options)
        : null
  await recorded(context, request, async (tx, note) => {
    if (Object.keys(plan.fields).length > 0) {
      const updated = await tx.workflows.update(id, changesOf(plan, folder), at, baseUpdatedAt)
      if (updated === null) throw workflowNotFound(id)
    }
    await putSettings(tx, actorOf(request), id, plan.settings, at)
    await assertConnections(tx, id, changed.connections, workflow.connections)
    if (plan.sample !== null) await tx.workflows.putSampleRequest(id, plan.sample, at)
    await write?.(tx)
    const paths = plan.changes.map(({ path }) => path).join(' ')
    await note('workflow.push', id, paths.slice(0, 1000), auditedChanges(plan.changes))
  })
}

function changesOf({ fields }: Plan, folder: ReadFolder): WorkflowChanges {
  const [secret] = fields.senderCheck === undefined ? [] : senderSecrets(folder)
  return secret === undefined ? fields : { ...fields, senderSecretsChange: { secret, previous: null } }
}
