import type { Static } from 'typebox'
import { documentedStream } from '../common/problem-schema.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { type ChangeEvent, LiveEvent, type RunEvent } from './system-schemas.ts'

const tags = ['System']

export const eventRoutes: readonly ApiRoute[] = [
  route.get(
    '/events',
    {
      tags,
      summary: 'Runs and workflows as they change',
      description:
        'Server-sent events. `run` has `{run_id, workflow_id, status, duration_ms}`. `change` has `{workflow_id, action}`.',
      response: documentedStream(LiveEvent),
    },
    async (request, { runner, streams, changes }, reply) => {
      const stops: (() => void)[] = []
      const stream = streams.open(request, reply, () => {
        for (const stop of stops) stop()
      })
      const stopRuns = runner.onRunChange(({ runId, workflowId, status, durationMs }) => {
        const run: Static<typeof RunEvent> = { run_id: runId, workflow_id: workflowId, status, duration_ms: durationMs }
        stream.send('run', JSON.stringify(run))
      })
      const stopChanges = changes.listen(({ workflowId, action }) => {
        const change: Static<typeof ChangeEvent> = { workflow_id: workflowId, action }
        stream.send('change', JSON.stringify(change))
      })
      stops.push(stopRuns, stopChanges)
      return reply
    },
  ),
]
