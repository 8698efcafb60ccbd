import { Type } from 'typebox'
import { OUTBOUND_MODES } from '../../domain/runs/outgoing.ts'
import { MAX_TRIAL_RUNS, VERDICTS } from '../../domain/trials/trial.ts'
import { files, optional, page, source, type Tool, tool, trial_id, version, workflow_id } from './tool.ts'

const count = Type.Integer({ minimum: 1, maximum: MAX_TRIAL_RUNS })
const runs = Type.Union([Type.Array(Type.String()), Type.Object({ last: count, failing: optional(Type.Boolean()) })], {
  description: 'Ids of runs, or the newest ones: {"last": 20, "failing": true}',
})

export const TRIAL_TOOLS: readonly Tool[] = [
  tool(
    'start_trial',
    'Proves a change: runs past requests on a version, or on source that is not saved, and compares the answers. Nothing is kept, and by default only reading calls are sent.',
    'POST /api/workflows/{workflow_id}/trials',
    {
      workflow_id,
      version: optional(version),
      source: optional(source),
      files,
      runs,
      outbound: optional(Type.Enum([...OUTBOUND_MODES], { description: 'What it may send. Default: read_only' })),
      ignore: optional(Type.Array(Type.String(), { description: 'Paths of differences that do not count' })),
    },
  ),
  tool(
    'get_trial',
    'Reads a trial: whether it is running or done, and how many cases are the same, changed, fixed or broken.',
    'GET /api/trials/{trial_id}',
    { trial_id },
  ),
  tool(
    'list_trial_cases',
    'Lists the cases of a trial that have ended: verdict, differences, and what would have been sent.',
    'GET /api/trials/{trial_id}/cases',
    { trial_id, verdict: optional(Type.Enum([...VERDICTS])), ...page },
  ),
]
