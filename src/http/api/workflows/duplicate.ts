import { randomBytes } from 'node:crypto'
import { parseName } from '../../../domain/workflows/parse.ts'
import type { Version, Workflow } from '../../../domain/workflows/workflow.ts'
import { newId } from '../../../random.ts'
import type { Store } from '../../../store/store.ts'
import { actorOf } from '../../auth/shared/principal.ts'
import { findWorkflow, recorded } from '../common/api.ts'
import { mayEdit } from '../common/editors.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { listAllSettings } from '../settings/list-all.ts'
import { putSettings } from '../settings/put-settings.ts'
import { mayUseShared } from '../settings/shared-rights.ts'
import { presentWorkflow } from './present.ts'
import { createHookKey } from './routes.ts'
import { WorkflowDuplicate, Workflow as WorkflowSchema } from './schemas.ts'

export const duplicateRoutes: readonly ApiRoute[] = [
  route.post(
    '/workflows/:id/duplicate',
    {
      config: { anyEditor: true },
      tags: ['Workflows'],
      summary: 'Make a workflow like this one',
      description:
        'With its code and its settings, but without secrets and settings that hold one. The new workflow is disabled.',
      body: WorkflowDuplicate,
      response: { 201: WorkflowSchema },
    },
    async (request, context, reply) => {
      const original = await findWorkflow(context.store, request.params.id)
      const at = context.now()
      const id = newId('wf', at)
      // The original keeps its secrets. A random secret refuses every call.
      const secrets = original.senderCheck.scheme === 'none' ? [] : [randomBytes(32).toString('base64url')]
      const sharedSettings = []
      for (const key of original.sharedSettings) if (await mayUseShared(context, request, key)) sharedSettings.push(key)
      const copy = { ...copyOf(original, id, parseName(request.body.name), at), sharedSettings }
      const editors = (await mayEdit(context, request, original)) ? original.editors : null
      const version = await findVersion(context.store, original)
      const outside = await context.disclosures.outside(original.id)
      // Without secrets, the copy cannot redact values that contain one.
      const settings = (await listAllSettings(context.store, original.id)).filter(
        ({ key, value, secret }) => !secret && outside.text(key) === key && outside.json(value) === value,
      )
      const by = actorOf(request)
      await recorded(context, request, async (tx, note) => {
        await tx.workflows.create({ ...copy, editors, senderSecrets: secrets.length }, secrets)
        if (version !== null) {
          const { source, message, files, packages } = version
          const code = { source, message, files, packages }
          const made = { id: newId('ver', at), workflowId: id, createdAt: at, createdBy: by }
          await tx.workflows.createVersion({ ...code, ...made }, { deploy: true })
        }
        await putSettings(tx, by, id, settings, at)
        await note('workflow.duplicate', id, `${request.body.name}, from ${original.id}`)
      })
      const workflow = await findWorkflow(context.store, id)
      reply.code(201).header('Location', `/api/workflows/${id}`)
      return presentWorkflow(workflow, context.urls)
    },
  ),
]

function copyOf(original: Workflow, id: string, name: string, at: number): Workflow {
  return {
    ...original,
    id,
    name,
    enabled: false,
    archived: false,
    hookKey: original.kind === 'catch' ? createHookKey() : null,
    deployedVersionId: null,
    deployedVersion: null,
    canary: null,
    createdAt: at,
    updatedAt: at,
  }
}

async function findVersion(store: Store, { id, deployedVersionId }: Workflow): Promise<Version | null> {
  if (deployedVersionId !== null) return await store.workflows.getVersionById(deployedVersionId)
  return (await store.workflows.listVersions(id, { limit: 1, cursor: null })).data[0] ?? null
}
