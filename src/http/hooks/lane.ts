/** Reads the lane of a call. */

import { createHash } from 'node:crypto'
import { laneInBody, laneInHeader } from '../../domain/hooks/lane.ts'
import { readPath } from '../../domain/json/path.ts'
import type { RunRequest } from '../../domain/run.ts'
import type { Workflow } from '../../domain/workflow.ts'
import type { Content } from '../wire/content.ts'

export async function readLane(
  { lane }: Workflow,
  content: Content | null,
  request: RunRequest,
): Promise<string | null> {
  if (lane === null) return null
  const value =
    lane.from === 'header'
      ? laneInHeader(request.headers, lane.name)
      : laneInBody(content?.kind === 'json' ? await readPath(request.body, lane.path.split('.')) : null)
  return value === null ? null : createHash('sha256').update(value).digest('base64url')
}
