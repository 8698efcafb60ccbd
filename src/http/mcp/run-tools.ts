import { Type } from 'typebox'
import { RUN_STATUSES, TRIGGERS } from '../../domain/runs/run.ts'
import { group_id, optional, page, run_id, type Tool, tool, version, workflow_id } from './tool.ts'

const RUN_COLUMNS = [
  'id',
  'workflow_id',
  'workflow_name',
  'version',
  'trigger',
  'status',
  'code',
  'message',
  'label',
  'status_code',
  'created_at',
  'duration_ms',
  'waiting_for',
  'match',
]

export const RUN_TOOLS: readonly Tool[] = [
  tool(
    'list_runs',
    'Lists or searches runs, newest first, of one workflow or of all. `q` finds a text in what runs stored; get_run has the request and the answer.',
    'GET /api/runs',
    {
      workflow_id: optional(workflow_id),
      status: optional(Type.Enum([...RUN_STATUSES])),
      trigger: optional(Type.Enum([...TRIGGERS])),
      failing: optional(Type.Boolean()),
      waiting_for: optional(Type.String({ description: 'The name of what runs with the status waiting wait for' })),
      q: optional(Type.String({ description: 'Text in the request, answer, error or log' })),
      since: optional(Type.String({ description: 'RFC 3339' })),
      until: optional(Type.String({ description: 'RFC 3339' })),
      ...page,
    },
    { columns: RUN_COLUMNS, ofWorkflow: '/api/workflows/{workflow_id}/runs' },
  ),
  tool('get_run', 'Reads a run: request, answer, error with traceback, warnings, timing.', 'GET /api/runs/{run_id}', {
    run_id,
  }),
  tool('get_logs', 'Reads what a run printed.', 'GET /api/runs/{run_id}/logs', {
    run_id,
    limit: optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
    cursor: optional(Type.String()),
  }),
  tool(
    'list_steps',
    'Lists the stored steps and waits of a durable run: results, attempts, what it waits for and until when.',
    'GET /api/runs/{run_id}/steps',
    { run_id },
  ),
  tool(
    'wake_run',
    'Ends the sleep of a waiting run, or the pause before the next try of its step, so that it continues now.',
    'POST /api/runs/{run_id}/wake',
    { run_id, name: optional(Type.String({ description: 'Only the sleep or the pause of this name' })) },
  ),
  tool(
    'replay_run',
    'Runs the request of a past run again as a new run, on the deployed version or on the one that is named.',
    'POST /api/runs/{run_id}/replay',
    { run_id, version: optional(version) },
  ),
  tool(
    'list_dead_letters',
    'Lists background runs that failed after their last retry, in groups of the same error.',
    'GET /api/dead-letters',
    { workflow_id: optional(workflow_id), ...page },
  ),
  tool(
    'list_dead_letter_runs',
    'Lists the runs of a group of dead letters, newest first.',
    'GET /api/dead-letters/{group_id}/runs',
    { group_id, ...page },
    { columns: RUN_COLUMNS },
  ),
  tool(
    'replay_dead_letters',
    'Queues a group of dead letters, or one run of it, again on the deployed version. What they send is really sent.',
    'POST /api/dead-letters/{group_id}/replay',
    { group_id, run_id: optional(run_id) },
  ),
]
