/** Makes a workflow of a folder, and changes a workflow to what a folder says. */

import { randomBytes } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { SAMPLE_NAME } from '../../../domain/folders/layout.ts'
import type { FolderSetting } from '../../../domain/folders/settings-env.ts'
import { createId } from '../../../domain/id.ts'
import { type SampleRequest, validateSample } from '../../../domain/sample-request.ts'
import type { Workflow } from '../../../domain/workflow.ts'
import { newWorkflow } from '../../../domain/workflows/fields.ts'
import { UserError } from '../../../errors.ts'
import { actorOf } from '../../auth/principal.ts'
import { type ApiContext, audit, findWorkflow } from '../common/api.ts'
import { assertMayUseShared } from '../settings/shared-rights.ts'
import { createHookKey } from '../workflows/routes.ts'
import { checkLoads, planPackages } from '../workflows/version-packages.ts'
import type { ReadFolder } from './read-folder.ts'

/** JSON text of a secret whose value the folder does not have. */
const EMPTY = '""'

/** Throws `load_error` when it is to be deployed and does not load: then no workflow is made. */
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
  await store.createWorkflow(workflow, secrets)
  await putSettings(context, request, workflow.id, folder.settings ?? [], at)
  if (sample !== null) await store.putSampleRequest(workflow.id, sample, at)
  // Last: from then on its hook or its schedule runs it.
  if (code !== null) {
    const made = { packages, message: 'Imported', createdAt: at, createdBy: actorOf(request) }
    const version = { id: versionId, workflowId: workflow.id, ...code, ...made }
    await store.createVersion(version, deploy)
  }
  await audit(context, request, 'workflow.import', workflow.id, name)
  return await findWorkflow(store, workflow.id)
}

/** Throws `invalid_archive` for a sample that is too large to be stored. */
export function assertSample(sample: SampleRequest | null): void {
  const problem = sample === null ? null : validateSample(sample)
  if (problem !== null) throw new UserError('invalid_archive', `${SAMPLE_NAME}: ${problem}.`)
}

/** Sets the settings of a folder. One of a secret without a value gets an empty text, which says that it is missing. */
export async function putSettings(
  { store }: ApiContext,
  request: FastifyRequest,
  workflowId: string,
  settings: readonly FolderSetting[],
  at: number,
): Promise<void> {
  for (const { key, value, secret } of settings) {
    await store.putSetting(workflowId, key, value ?? EMPTY, secret, actorOf(request), at)
  }
}

/** A folder holds no secret of a sender. A random one, which is not shown, refuses every call until a person sets one. */
export function senderSecrets({ fields }: Pick<ReadFolder, 'fields'>): readonly string[] {
  const scheme = fields.senderCheck?.scheme ?? 'none'
  return scheme === 'none' ? [] : [randomBytes(32).toString('base64url')]
}
