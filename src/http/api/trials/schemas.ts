import { Type } from 'typebox'
import { OUTBOUND_MODES } from '../../../domain/runs/outgoing.ts'
import { nullable, strict, text, time } from '../../../domain/shared/schemas.ts'
import { IgnoreSchema, MAX_TRIAL_RUNS, TRIAL_STATUSES, VERDICTS } from '../../../domain/trials/trial.ts'
import { count, cursor, eventOf, jsonText, limit, ModuleFiles } from '../common/schemas.ts'

const Verdict = Type.Enum([...VERDICTS])

const LastRuns = strict({
  last: Type.Integer({ minimum: 1, maximum: MAX_TRIAL_RUNS, description: 'The newest ones, without tests and trials' }),
  failing: Type.Optional(Type.Boolean({ description: 'true: only those that failed' })),
  since: Type.Optional(text(40, 'RFC 3339')),
  until: Type.Optional(text(40, 'RFC 3339')),
})

export const TrialCreate = strict({
  version: Type.Optional(nullable(Type.Integer({ minimum: 1 }))),
  source: Type.Optional(nullable(Type.String())),
  files: Type.Optional(ModuleFiles),
  runs: Type.Union([Type.Array(text(100), { minItems: 1, maxItems: MAX_TRIAL_RUNS }), LastRuns]),
  outbound: Type.Optional(
    Type.Enum([...OUTBOUND_MODES], { description: 'What the candidate may send; read_only when it is left out' }),
  ),
  ignore: Type.Optional(IgnoreSchema),
})

export const Trial = Type.Object({
  id: Type.String(),
  workflow_id: Type.String(),
  version: nullable(Type.Integer({ description: 'null: code that is not saved' })),
  status: Type.Enum([...TRIAL_STATUSES]),
  outbound: Type.Enum([...OUTBOUND_MODES]),
  ignore: Type.Array(Type.String()),
  counts: Type.Object(Object.fromEntries(VERDICTS.map((verdict) => [verdict, count()]))),
  total: count(),
  fairness: nullable(
    Type.Object(
      {
        pairs: Type.Integer({ minimum: 0, description: 'Pairs of which a run decided' }),
        changed: count(),
        examples: Type.Array(
          Type.Object({
            run_id: Type.String(),
            path: Type.String({ description: 'A JSON Pointer' }),
            values: Type.Array(Type.Unknown()),
            outcomes: Type.Array(Type.String({ description: 'Empty: the run decided nothing' })),
          }),
        ),
      },
      { description: 'The pairs of deploy_gate.fairness, once they have run' },
    ),
  ),
  created_at: time(),
  finished_at: nullable(time()),
})

export const TrialEvent = Type.Union([eventOf('trial', Trial), eventOf('end', Type.Object({ id: Type.String() }))])

export const CasesQuery = strict({ limit: limit(200, 50), cursor, verdict: Type.Optional(Verdict) })

export const TrialCase = Type.Object({
  run_id: Type.String(),
  trial_run_id: nullable(Type.String()),
  verdict: Verdict,
  reason: nullable(Type.String({ description: 'Why the case is not comparable, if that is known' })),
  would_send: Type.Array(
    Type.Object({
      method: nullable(Type.String({ description: 'null: a connection that no HTTP library made' })),
      host: Type.String(),
      port: Type.Integer(),
      path: nullable(Type.String()),
    }),
  ),
  differences: Type.Array(
    Type.Object({
      path: Type.String({ description: 'A JSON Pointer' }),
      old: jsonText('Any JSON'),
      new: jsonText('Any JSON'),
    }),
  ),
})
