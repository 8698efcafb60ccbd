import { Type } from 'typebox'
import { nullable, strict, time } from '../../../domain/shared/schemas.ts'
import { CANARY_OUTCOMES, CanaryShown } from '../../../domain/trials/canary.ts'
import { count } from '../common/schemas.ts'

export const CanaryPromote = strict({
  force: Type.Optional(Type.Boolean({ default: false, description: 'true: deploys although deploy_gate refuses' })),
})

const Side = Type.Object({
  calls: count(),
  failures: count(),
  failure_ratio: nullable(Type.Number({ description: 'null before the first call has ended' })),
  p50_ms: nullable(Type.Number()),
  p95_ms: nullable(Type.Number()),
})

export const Canary = Type.Object({
  canary: CanaryShown,
  deployed_version: nullable(Type.Integer()),
  last: nullable(
    Type.Object(
      {
        version: Type.Integer({ description: 'The candidate' }),
        started_at: time(),
        ended_at: nullable(time()),
        outcome: nullable(Type.Enum([...CANARY_OUTCOMES], { description: 'null: it goes on' })),
        deployed: Side,
        candidate: Side,
      },
      { description: 'The canary that goes on, or the last one; null: there never was one' },
    ),
  ),
})
