import type { OutboundMode } from '../../../domain/runs/outgoing.ts'
import type { CanaryOutcome } from '../../../domain/trials/canary.ts'
import type { Trial, Verdict } from '../../../domain/trials/trial.ts'

type CanaryRow = {
  workflow_id: string
  version: number
  started_at: number
  ended_at: number | null
  outcome: CanaryOutcome | null
  result_json: string | null
}

export type TrialRow = Record<Verdict, number> & {
  id: string
  workflow_id: string
  version: number | null
  source: Uint8Array | null
  files: Uint8Array | null
  outbound: OutboundMode
  ignore_json: string
  status: Trial['status']
  total: number
  fairness_json: string | null
  created_at: number
  created_by_json: string
  finished_at: number | null
  server_id: string
}

export type TrialCaseRow = {
  trial_id: string
  position: number
  run_id: string
  trial_run_id: string | null
  verdict: Verdict | null
  /** Differences contain parts of answers. */
  details: Uint8Array | null
}

export type TrialTables = { trials: TrialRow; trial_cases: TrialCaseRow; canaries: CanaryRow }
