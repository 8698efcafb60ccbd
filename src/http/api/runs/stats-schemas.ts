import { Type } from 'typebox'
import { nullable, strict, text, time } from '../../../domain/shared/schemas.ts'
import { Silence } from '../alerts/schemas.ts'
import { boundedBy, count } from '../common/schemas.ts'
import { RunSummary } from './schemas.ts'

const tests = Type.Optional(Type.Boolean({ description: 'Counts test runs too; false when it is left out' }))
export const HomeQuery = strict({ tests })

export const StatsQuery = strict({
  tests,
  since: Type.Optional(text(40, 'RFC 3339; 24 hours before until when it is left out')),
  until: Type.Optional(text(40, 'RFC 3339; now when it is left out')),
  buckets: boundedBy(200, 48, 'Equal parts of the time, 1 to 200, 48 when it is left out'),
})
const milliseconds = () => nullable(Type.Number({ description: 'Of all runs of the part that have ended, within 2 %' }))
export const RunStats = Type.Object({
  since: time(),
  until: time(),
  bucket_seconds: Type.Number(),
  data: Type.Array(
    Type.Object({
      starts_at: time(),
      total: Type.Integer(),
      failed: Type.Integer({ description: 'Runs that `failing` lists' }),
      calls: Type.Integer({ description: 'Runs that are no retry of another' }),
      failed_calls: Type.Integer({ description: 'Failed runs that no retry follows' }),
      capped: Type.Boolean({ description: 'There were more than are counted so far, after an upgrade' }),
      p50_ms: milliseconds(),
      p95_ms: milliseconds(),
    }),
  ),
})

const totals = {
  total: count(),
  failed: count(),
  calls: Type.Integer({ minimum: 0, description: 'Runs that are no retry of another' }),
  failed_calls: Type.Integer({ minimum: 0, description: 'Failed runs that no retry follows' }),
}
const WorkflowName = Type.Object({ id: Type.String(), name: Type.String() })
export const Home = Type.Object({
  since: time(),
  runs: Type.Object(totals),
  failing: Type.Array(
    Type.Object({
      workflow: WorkflowName,
      ...totals,
      recovered: Type.Boolean(),
      silence: Silence,
      last: RunSummary,
    }),
  ),
  waiting_runs: Type.Integer({ description: 'Runs of all workflows with the status waiting' }),
  running: Type.Array(Type.Object({ workflow: WorkflowName, run: RunSummary })),
  next: Type.Array(Type.Object({ workflow: WorkflowName, due_at: time() })),
})
