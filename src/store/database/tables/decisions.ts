type DecisionRow = {
  /** See src/store/decisions/position.ts. */
  position: number
  id: string
  workflow_id: string
  number: number
  run_id: string
  first_id: string
  /** JSON of name and number. */
  call: string
  at: number
  outcome: string
  oversight: 'agreed' | 'overruled' | null
  record: string
  sha256: string
  subject_hash: string | null
  data: Uint8Array | null
  erased_at: number | null
  kept_until: number
}

type DecisionChainRow = {
  workflow_id: string
  serial: number
  last_number: number
  last_sha256: string
  first_number: number
  first_previous: string
  anchored_number: number
  anchored_at: number
}

type ExplanationRow = {
  id: string
  decision_id: string
  workflow_id: string
  run_id: string
  status: 'running' | 'done' | 'failed' | 'cancelled'
  tried: number
  details: Uint8Array | null
  created_at: number
  created_by_json: string
  finished_at: number | null
  server_id: string
}

type ProposalRow = {
  task_id: string
  decision_id: string
  workflow_id: string
  run_id: string
  first_id: string
  call: string
  proposed: string
  reason_required: 0 | 1
  status: 'pending' | 'decided' | 'expired' | 'cancelled'
  data: Uint8Array | null
  subject_hash: string | null
  created_at: number
  ended_at: number | null
  outcome: string | null
  reviewer_id: string | null
  reviewer_name: string | null
  kept_until: number
}

export type DecisionTables = {
  decisions: DecisionRow
  decision_attributes: { decision_id: string; workflow_id: string; data: Uint8Array }
  decision_chains: DecisionChainRow
  decision_explanations: ExplanationRow
  decision_proposals: ProposalRow
}
