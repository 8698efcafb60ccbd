import { Type } from 'typebox'
import { nullable, strict, text, time } from '../../../domain/shared/schemas.ts'
import { parseText } from '../../wire/text.ts'
import { timeOrNull } from '../common/present.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { Actor, count } from '../common/schemas.ts'

const MAX_WORKFLOWS = 50
const DAY_MS = 86_400_000

const GlanceQuery = strict({ workflow_ids: text(4000, `At most ${MAX_WORKFLOWS}, between commas`) })
const Glances = Type.Object({
  data: Type.Array(
    Type.Object({
      workflow_id: Type.String(),
      calls: Type.Integer({ minimum: 0, description: 'Covers the last 24 hours, without retries and tests' }),
      failed_calls: count(),
      p95_ms: nullable(Type.Number({ description: 'Of the last 24 hours' })),
      next_tick_at: nullable(time()),
      deployed_at: nullable(time()),
      deployed_by: nullable({ ...Actor, description: 'The author of the deployed version' }),
    }),
  ),
})

export const glancesRoutes: readonly ApiRoute[] = [
  route.get(
    '/workflow-glances',
    {
      tags: ['Workflows'],
      summary: 'Read calls, failures, p95, next run and last deployment of some workflows',
      description: 'Leaves out workflows that do not exist.',
      querystring: GlanceQuery,
      response: { 200: Glances },
    },
    async ({ query }, { store, now }) => {
      const given = query.workflow_ids.split(',').slice(0, MAX_WORKFLOWS)
      const ids = [...new Set(given)].map((id) => parseText('workflow_ids', id))
      const until = now() + 1
      const [totals, glances] = await Promise.all([
        store.runs.getTotals({ since: until - DAY_MS, until }, ids),
        store.workflows.listGlances(ids),
      ])
      const data = glances.map(({ workflowId, nextTickAt, deployedAt, deployedBy }) => {
        const { calls = 0, failedCalls = 0, p95Ms = null } = totals.get(workflowId) ?? {}
        return {
          workflow_id: workflowId,
          calls,
          failed_calls: failedCalls,
          p95_ms: p95Ms,
          next_tick_at: timeOrNull(nextTickAt),
          deployed_at: timeOrNull(deployedAt),
          deployed_by: deployedBy,
        }
      })
      return { data }
    },
  ),
]
