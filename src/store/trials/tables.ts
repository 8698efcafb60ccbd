/** Tables of trials. */

import type { CanaryOutcome } from '../../domain/trials/canary.ts'
import type { OutboundMode } from '../../domain/trials/outgoing.ts'
import type { Trial, Verdict } from '../../domain/trials/trial.ts'

/** The canary of a workflow that goes on, or the last one. */
type CanaryRow = {
  workflow_id: string
  version: number
  started_at: number
  /** Null: it goes on; so with the two below. */
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
  created_at: number
  created_by_json: string
  finished_at: number | null
  /** The server that carries it. */
  server_id: string
}

export type TrialCaseRow = {
  trial_id: string
  position: number
  /** The past run. */
  run_id: string
  /** The run of its request on the candidate. */
  trial_run_id: string | null
  verdict: Verdict | null
  /** Encrypted: differences hold parts of answers. Null also when one of the runs was deleted. */
  details: Uint8Array | null
}

export type TrialTables = { trials: TrialRow; trial_cases: TrialCaseRow; canaries: CanaryRow }
