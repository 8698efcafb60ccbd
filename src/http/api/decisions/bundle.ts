import { packBundle } from '../../../domain/decisions/bundle/bundle.ts'
import { publicKeyOf } from '../../../domain/decisions/bundle/signature.ts'
import { recordEvent } from '../common/api.ts'
import { timeText } from '../common/present.ts'
import { documentedFiles } from '../common/problem-schema.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { anyJson } from '../common/schemas.ts'
import { gatherBundle } from './bundle-content.ts'
import { findDecision } from './find.ts'
import { DecisionKey } from './schemas.ts'

const tags = ['Decisions']
const ZIP = 'application/zip'

export const bundleRoutes: readonly ApiRoute[] = [
  route.get(
    '/decisions/key',
    { tags, summary: 'The public key of the signatures of bundles', response: { 200: DecisionKey } },
    async (_request, { store }) => ({
      algorithm: 'Ed25519' as const,
      public_key: publicKeyOf(await store.decisions.getKey()),
    }),
  ),

  route.get(
    '/decisions/:id/bundle',
    {
      config: { scope: 'admin' },
      tags,
      summary: 'A decision with all that is needed to take it again, as a signed ZIP',
      description:
        'The record, its neighbours in the chain without personal data, and the request, settings, code, lock, recorded calls and answers of its run. It contains no secret. `npx workflows decisions replay FILE` checks it, and runs the function again.',
      response: documentedFiles('The bundle', { [ZIP]: { schema: anyJson('A ZIP with manifest.json') } }),
    },
    async (request, context, reply) => {
      const decision = await findDecision(context.store, request.params.id)
      const { id, workflow_id: workflowId } = decision.record
      const { content, notes } = await gatherBundle(context, decision)
      const bytes = Buffer.from(
        packBundle(content, notes, timeText(context.now()), await context.store.decisions.getKey()),
      )
      context.admitLarge(request, reply, bytes.length)
      await recordEvent(context, request, 'decisions.export', workflowId, id)
      return reply.type(ZIP).header('Content-Disposition', `attachment; filename="${id}.zip"`).send(bytes)
    },
  ),
]
