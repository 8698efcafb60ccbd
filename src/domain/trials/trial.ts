import { type Static, Type } from 'typebox'
import { UserError } from '../../errors.ts'
import { type FairnessGate, type FairnessResult, FairnessSchema, parseFairness } from '../decisions/fairness.ts'
import { parsePointers } from '../json/pointer.ts'
import type { ModuleFiles } from '../modules/module-files.ts'
import type { OutboundMode, WouldSend } from '../runs/outgoing.ts'
import type { Actor } from '../shared/actor.ts'
import { nullable, strict, text } from '../shared/schemas.ts'

export const VERDICTS = ['same', 'changed', 'fixed', 'broken', 'not_comparable'] as const
export type Verdict = (typeof VERDICTS)[number]
export const TRIAL_STATUSES = ['running', 'done', 'cancelled'] as const
type TrialStatus = (typeof TRIAL_STATUSES)[number]

export const MAX_TRIAL_RUNS = 1000
const MAX_GATE_RUNS = 200
const MAX_IGNORED = 100

/** JSON. Null: the path has no value. */
export type Difference = { readonly path: string; readonly old: string | null; readonly new: string | null }

export type TrialFairness = {
  readonly pairs: FairnessGate['pairs']
  /** Runs whose requests are tried. */
  readonly base: readonly string[]
  readonly result: FairnessResult | null
}

type Counts = Readonly<Record<Verdict, number>>

export type Trial = {
  readonly id: string
  readonly workflowId: string
  /** Null for unsaved code. */
  readonly version: number | null
  readonly source: string | null
  readonly files: ModuleFiles
  readonly outbound: OutboundMode
  readonly ignore: readonly string[]
  readonly status: TrialStatus
  readonly counts: Counts
  readonly total: number
  readonly fairness: TrialFairness | null
  readonly createdAt: number
  readonly createdBy: Actor
  readonly finishedAt: number | null
}

export type CaseResult = {
  readonly verdict: Verdict
  readonly wouldSend: readonly WouldSend[]
  readonly differences: readonly Difference[]
  /** Why it is not comparable, if known. */
  readonly reason?: string | null
}

export type TrialCase = Omit<CaseResult, 'verdict'> & {
  readonly position: number
  readonly runId: string
  readonly trialRunId: string | null
  readonly verdict: Verdict | null
}

const Pointers = Type.Array(text(1000, 'A JSON Pointer; the part * matches any one part'), { maxItems: MAX_IGNORED })

export const IgnoreSchema = Pointers

export const DeployGateSchema = strict(
  {
    last: Type.Optional(
      Type.Integer({ minimum: 1, maximum: MAX_GATE_RUNS, description: 'How many of the newest runs are tried' }),
    ),
    allow: Type.Optional(
      Type.Array(Type.Enum([...VERDICTS]), {
        uniqueItems: true,
        description: 'Verdicts that do not stop a deployment',
      }),
    ),
    ignore: Type.Optional(Pointers),
    fairness: Type.Optional(FairnessSchema),
  },
  { description: 'The trial that a deployment must pass' },
)
export const DeployGateShown = nullable(
  strict({
    last: Type.Integer(),
    allow: Type.Array(Type.Enum([...VERDICTS])),
    ignore: Type.Array(Type.String()),
    fairness: Type.Optional(FairnessSchema),
  }),
)

export type DeployGate = {
  readonly last: number
  readonly allow: readonly Verdict[]
  readonly ignore: readonly string[]
  readonly fairness?: FairnessGate
}

/** Throws `bad_request` for an invalid JSON Pointer. */
export function parseDeployGate(sent: Static<typeof DeployGateSchema> | null): DeployGate | null {
  if (sent === null) return null
  const { ignore = [], fairness } = sent
  const rules = {
    ignore: parsePointers(ignore, 'deploy_gate.ignore'),
    ...(fairness && { fairness: parseFairness(fairness) }),
  }
  // A gate of fairness alone compares no past runs.
  if (sent.last === undefined && sent.allow === undefined && fairness !== undefined)
    return { last: 1, allow: VERDICTS, ...rules }
  if (sent.last === undefined || sent.allow === undefined)
    throw new UserError('bad_request', 'deploy_gate: expected last and allow, or fairness alone.')
  return { last: sent.last, allow: sent.allow, ...rules }
}
