import type { Silence } from '../../../domain/alerts/alert.ts'
import { UserError } from '../../../errors.ts'
import { actorOf } from '../../auth/shared/principal.ts'
import { findWorkflow, recorded } from '../common/api.ts'
import { timeText } from '../common/present.ts'
import { readTime } from '../common/read-time.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { NoContent } from '../common/schemas.ts'
import { SilencePut, Silence as SilenceSchema } from './schemas.ts'

const tags = ['Alerts']
/** People on an incident need not be the workflow's editors. */
const config = { anyEditor: true } as const

export const silenceRoutes: readonly ApiRoute[] = [
  route.get(
    '/workflows/:id/silence',
    {
      tags,
      summary: 'Read who silenced the alerts of a workflow and until when, or null',
      response: { 200: SilenceSchema },
    },
    async ({ params }, { store, now }) => {
      const { id } = await findWorkflow(store, params.id)
      return presentSilence(await store.alerts.findSilence(id, now()))
    },
  ),

  route.put(
    '/workflows/:id/silence',
    {
      config,
      tags,
      summary: 'Send only recoveries of a workflow, until a time or until it succeeds again',
      body: SilencePut,
      response: { 200: SilenceSchema },
    },
    async (request, context) => {
      const { id } = await findWorkflow(context.store, request.params.id)
      const at = context.now()
      const until = readTime('until', request.body.until ?? undefined) ?? null
      if (until !== null && until <= at) throw new UserError('bad_request', 'until: expected a time in the future.')
      const silence = { until, by: actorOf(request), at }
      await recorded(context, request, async (tx, note) => {
        await tx.alerts.putSilence(id, silence)
        await note('silence.set', id, until === null ? '' : timeText(until))
      })
      return presentSilence(silence)
    },
  ),

  route.delete(
    '/workflows/:id/silence',
    { config, tags, summary: 'Send all alerts of a workflow again', response: { 204: NoContent } },
    async (request, context, reply) => {
      const { id } = await findWorkflow(context.store, request.params.id)
      await recorded(context, request, async (tx, note) => {
        if (await tx.alerts.deleteSilence(id)) await note('silence.delete', id, '')
      })
      reply.code(204)
    },
  ),
]

export const presentSilence = (silence: Silence | null) =>
  silence === null
    ? null
    : {
        until: silence.until === null ? null : timeText(silence.until),
        by: silence.by,
        at: timeText(silence.at),
      }
