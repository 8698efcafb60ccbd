/** Creates a workflow from a folder. */

import { randomBytes } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { checkLoads, planPackages } from '../../../deploy/packages.ts'
import { SAMPLE_NAME } from '../../../domain/folders/layout.ts'
import { createId } from '../../../domain/id.ts'
import { type SampleRequest, validateSample } from '../../../domain/sample-request.ts'
import type { Workflow } from '../../../domain/workflow.ts'
import { newWorkflow } from '../../../domain/workflows/fields.ts'
import { UserError } from '../../../errors.ts'
import { actorOf } from '../../auth/principal.ts'
import { type ApiContext, findWorkflow, recorded } from '../common/api.ts'
import { putSettings } from '../settings/put-settings.ts'
import { assertMayUseShared } from '../settings/shared-rights.ts'
import { createHookKey } from '../workflows/routes.ts'
import type { ReadFolder } from './read-folder.ts'

/** Throws `load_error`, and creates nothing, if the code to deploy does not load. */
export async function importWorkflow(
  context: ApiContext,
  request: FastifyRequest,
  folder: ReadFolder,
  deploy: boolean,
): Promise<Workflow> {
  const { store, now } = context
  const { kind, name, code, sample } = folder
  await assertMayUseShared(context, request, folder.fields.sharedSettings ?? [])
  assertSample(sample)
  const at = now()
  const secrets = senderSecrets(folder)
  const workflow = newWorkflow({
    ...folder.fields,
    id: createId('wf', at, randomBytes(16)),
    name,
    kind,
    hookKey: kind === 'catch' ? createHookKey() : null,
    senderSecrets: secrets.length,
    createdAt: at,
  })
  const versionId = createId('ver', at, randomBytes(16))
  if (deploy && code === null) throw new UserError('invalid_archive', 'Expected a source to deploy, found none.')
  const packages = await planPackages(context, workflow, code ?? { source: '', files: {} }, { deploy, upgrade: false })
  if (deploy && code !== null) await checkLoads(context, workflow, { id: versionId, ...code }, packages)
  await recorded(context, request, async (tx, note) => {
    await tx.createWorkflow(workflow, secrets)
    await putSettings(tx, actorOf(request), workflow.id, folder.settings ?? [], at)
    if (sample !== null) await tx.putSampleRequest(workflow.id, sample, at)
    if (code !== null) {
      const made = { packages, message: 'Imported', createdAt: at, createdBy: actorOf(request) }
      await tx.createVersion({ id: versionId, workflowId: workflow.id, ...code, ...made }, deploy)
    }
    await note('workflow.import', workflow.id, name)
  })
  return await findWorkflow(store, workflow.id)
}

export function assertSample(sample: SampleRequest | null): void {
  const problem = sample === null ? null : validateSample(sample)
  if (problem !== null) throw new UserError('invalid_archive', `${SAMPLE_NAME}: ${problem}.`)
}

/** A folder contains no sender secrets. A random hidden one refuses every call until a person sets one. */
export function senderSecrets({ fields }: Pick<ReadFolder, 'fields'>): readonly string[] {
  const scheme = fields.senderCheck?.scheme ?? 'none'
  return scheme === 'none' ? [] : [randomBytes(32).toString('base64url')]
}
