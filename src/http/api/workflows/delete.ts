import { UserError } from '../../../errors.ts'
import { entryOf, findWorkflow } from '../common/api.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { NoContent } from '../common/schemas.ts'
import { assertNoneWaits } from './routes.ts'
import { WorkflowDeletion } from './schemas.ts'

/** Small batches delay other writes less. */
const BATCH_WAITING = 200

export const workflowDeletionRoutes: readonly ApiRoute[] = [
  route.delete(
    '/workflows/:id',
    {
      tags: ['Workflows'],
      summary: 'Delete an archived workflow with its versions, settings and runs',
      querystring: WorkflowDeletion,
      // PATCH takes cancel_waiting in its body, so clients send it here, too.
      body: WorkflowDeletion,
      response: { 204: NoContent },
    },
    async (request, { store, changes, now }, reply) => {
      const { id, name, archived } = await findWorkflow(store, request.params.id)
      const entry = entryOf(request, now(), 'workflow.delete', null, `${name} (${id})`)
      const { query, body } = request
      const cancelsWaiting = query.cancel_waiting === true || body.cancel_waiting === true
      const cancels = cancelsWaiting && archived
      while (cancels && (await store.runs.cancelAllWaiting(id, now(), BATCH_WAITING)) > 0);
      const done = await store.upkeep.deleteWorkflow(id, entry)
      if (done === 'waiting') await assertNoneWaits(store, id, false)
      if (done === 'not_archived') {
        await assertNoneWaits(store, id, cancelsWaiting)
        throw new UserError('conflict', 'Only an archived workflow can be deleted: archive it first.')
      }
      if (done === 'running') {
        throw new UserError('conflict', 'A run of this workflow is under way: wait for its end or cancel it.')
      }
      changes.announce({ workflowId: null, action: 'workflow.delete' })
      reply.code(204)
    },
  ),
]
