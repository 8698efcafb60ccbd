/** The tools for runs and dead letters. */

import { Type } from 'typebox'
import { RUN_STATUSES, TRIGGERS } from '../../domain/runs/run.ts'
import {
  group_id,
  groupPath,
  optional,
  page,
  path,
  READS,
  run_id,
  runPath,
  type Tool,
  tool,
  version,
  without,
  workflow_id,
} from './tool.ts'

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
    (given) => ({
      method: 'GET',
      path: given.workflow_id === undefined ? '/api/runs' : path(given, 'runs'),
      query: without(given, 'workflow_id'),
    }),
    { readOnly: true, columns: RUN_COLUMNS },
  ),
  tool(
    'get_run',
    'Reads a run: request, answer, error with traceback, warnings, timing.',
    { run_id },
    (given) => ({ method: 'GET', path: runPath(given) }),
    READS,
  ),
  tool(
    'get_logs',
    'Reads what a run printed.',
    { run_id, limit: optional(Type.Integer({ minimum: 1, maximum: 10_000 })), cursor: optional(Type.String()) },
    (given) => ({ method: 'GET', path: runPath(given, 'logs'), query: without(given, 'run_id') }),
    READS,
  ),
  tool(
    'list_steps',
    'Lists the stored steps and waits of a durable run: results, attempts, what it waits for and until when.',
    { run_id },
    (given) => ({ method: 'GET', path: runPath(given, 'steps') }),
    READS,
  ),
  tool(
    'wake_run',
    'Ends the sleep of a waiting run, or the pause before the next try of its step, so that it continues now.',
    { run_id, name: optional(Type.String({ description: 'Only the sleep or the pause of this name' })) },
    (given) => ({ method: 'POST', path: runPath(given, 'wake'), body: without(given, 'run_id') }),
  ),
  tool(
    'replay_run',
    'Runs the request of a past run again as a new run, on the deployed version or on the one that is named.',
    { run_id, version: optional(version) },
    (given) => ({ method: 'POST', path: runPath(given, 'replay'), body: without(given, 'run_id') }),
  ),
  tool(
    'list_dead_letters',
    'Lists background runs that failed after their last retry, in groups of the same error.',
    { workflow_id: optional(workflow_id), ...page },
    (given) => ({ method: 'GET', path: '/api/dead-letters', query: given }),
    READS,
  ),
  tool(
    'list_dead_letter_runs',
    'Lists the runs of a group of dead letters, newest first.',
    { group_id, ...page },
    (given) => ({ method: 'GET', path: groupPath(given, 'runs'), query: without(given, 'group_id') }),
    { readOnly: true, columns: RUN_COLUMNS },
  ),
  tool(
    'replay_dead_letters',
    'Queues a group of dead letters, or one run of it, again on the deployed version. What they send is really sent.',
    { group_id, run_id: optional(run_id) },
    (given) => ({ method: 'POST', path: groupPath(given, 'replay'), body: without(given, 'group_id') }),
  ),
]
