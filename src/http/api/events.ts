/** Runs as they change, for live pages. */

import type { Api, ApiContext } from './api.ts'

const tags = ['System']

export function addEventRoute(app: Api, { runner, streams }: ApiContext): void {
  app.get(
    '/events',
    {
      schema: {
        tags,
        summary: 'Runs as they change',
        description: 'Server-sent events: `run` with `{run_id, workflow_id, status, duration_ms}`.',
        produces: ['text/event-stream'],
      },
    },
    async (_request, reply) => {
      let stop = () => {}
      const stream = streams.open(reply, () => stop())
      stop = runner.onRunChange(({ runId, workflowId, status, durationMs }) => {
        stream.send('run', JSON.stringify({ run_id: runId, workflow_id: workflowId, status, duration_ms: durationMs }))
      })
      return reply
    },
  )
}
