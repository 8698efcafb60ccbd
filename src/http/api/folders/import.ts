import { randomBytes } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { SAMPLE_NAME } from '../../../domain/folders/layout.ts'
import { type SampleRequest, validateSample } from '../../../domain/runs/sample-request.ts'
import { newWorkflow } from '../../../domain/workflows/fields.ts'
import type { Workflow } from '../../../domain/workflows/workflow.ts'
import { UserError } from '../../../errors.ts'
import { newId } from '../../../random.ts'
import { actorOf } from '../../auth/shared/principal.ts'
import { type ApiContext, findWorkflow, recorded } from '../common/api.ts'
import { assertConnections } from '../connections/assert-connections.ts'
import { putSettings } from '../settings/put-settings.ts'
import { assertMayUseShared } from '../settings/shared-rights.ts'
import { createHookKey } from '../workflows/routes.ts'
import type { ReadFolder } from './read-folder.ts'

/** Throws `load_error` and creates nothing if the code does not load. */
export async function importWorkflow(
  context: ApiContext,
  request: FastifyRequest,
  folder: ReadFolder,
  deploy: boolean,
): Promise<Workflow> {
  const { store, deployments, now } = context
  const { kind, name, code, sample } = folder
  await assertMayUseShared(context, request, folder.fields.sharedSettings ?? [])
  assertSample(sample)
  const at = now()
  const secrets = senderSecrets(folder)
  const workflow = newWorkflow({
    ...folder.fields,
    id: newId('wf', at),
    name,
    kind,
    hookKey: kind === 'catch' ? createHookKey() : null,
    senderSecrets: secrets.length,
    createdAt: at,
  })
  if (deploy && code === null) throw new UserError('invalid_archive', 'Expected a source to deploy, found none.')
  const by = actorOf(request)
  const made = { message: 'Imported', deploy: deploy ? 'now' : 'no' } as const
  const write = code && (await deployments.prepareSave(workflow, { ...code, ...made }, { by, force: false }))
  await recorded(context, request, async (tx, note) => {
    await tx.workflows.create(workflow, secrets)
    await putSettings(tx, by, workflow.id, folder.settings ?? [], at)
    await assertConnections(tx, workflow.id, workflow.connections)
    if (sample !== null) await tx.workflows.putSampleRequest(workflow.id, sample, at)
    await write?.(tx)
    await note('workflow.import', workflow.id, name)
  })
  return await findWorkflow(store, workflow.id)
}

export function assertSample(sample: SampleRequest | null): void {
  const problem = sample === null ? null : validateSample(sample)
  if (problem !== null) throw new UserError('invalid_archive', `${SAMPLE_NAME}: ${problem}.`)
}

/** Refuses every call until a person sets a secret. */
export function senderSecrets({ fields }: Pick<ReadFolder, 'fields'>): readonly string[] {
  const scheme = fields.senderCheck?.scheme ?? 'none'
  return scheme === 'none' ? [] : [randomBytes(32).toString('base64url')]
}
