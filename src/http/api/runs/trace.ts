import { Type } from 'typebox'
import { type Span as AnySpan, callSpans, stageSpans } from '../../../domain/runs/trace.ts'
import { nullable, time } from '../../../domain/shared/schemas.ts'
import { timeText } from '../common/present.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { findRun } from './list.ts'

const Span = Type.Object({
  id: Type.String({ description: '16 hexadecimal digits' }),
  parent_id: nullable(Type.String({ description: "Of the whole run: the caller's span" })),
  name: Type.String(),
  kind: Type.Enum(['stage', 'http']),
  started_at: time(),
  duration_ms: Type.Number(),
  attributes: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()])),
  error: nullable(Type.String()),
})

const Trace = Type.Object({ spans: Type.Array(Span) })

export const traceRoutes: readonly ApiRoute[] = [
  route.get(
    '/runs/:id/trace',
    {
      tags: ['Runs'],
      summary: 'Spans of a run: the whole, its stages, and the outgoing HTTP calls of its function',
      response: { 200: Trace },
    },
    async ({ params }, { store }) => {
      const run = await findRun(store, params.id)
      const { calls, leftOut } = await store.runs.listCalls(run.id)
      const stages = stageSpans(run, run.traceParentId)
      return { spans: [...stages, ...callSpans(run.id, calls, leftOut)].map(presentSpan) }
    },
  ),
]

const presentSpan = ({ id, parentId, name, kind, startedAt, durationMs, attributes, error }: AnySpan) => ({
  id,
  parent_id: parentId,
  name,
  kind,
  started_at: timeText(startedAt),
  duration_ms: durationMs,
  attributes: { ...attributes },
  error,
})
