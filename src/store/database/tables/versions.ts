export type VersionRow = {
  id: string
  workflow_id: string
  number: number
  source: Uint8Array
  files: Uint8Array | null
  packages: Uint8Array | null
  environment_id: string | null
  deploy_when_ready: 0 | 1
  /** Null: never waited. */
  deploy_server_id: string | null
  /** 1: past the workflow's gate. */
  deploy_forced: 0 | 1 | null
  message: Uint8Array
  created_at: number
  created_by_json: string | null
  deployed_at: number | null
  durable: 0 | 1
}

/** `source` is null after the draft ended. */
export type CodeDraftRow = {
  workflow_id: string
  owner_id: string
  source: Uint8Array | null
  files: Uint8Array | null
  base_version: number
  base_deployed: number
  revision: number
  updated_at: number
}

type CodeDraftTextRow = {
  workflow_id: string
  owner_id: string
  revision: number
  source: Uint8Array
  files: Uint8Array | null
  at: number
}

export type DraftTables = { code_drafts: CodeDraftRow; code_draft_texts: CodeDraftTextRow }

export type EnvironmentRow = {
  id: string
  runtime: string
  lock: Uint8Array
  with_sources: 0 | 1
  created_at: number
  last_used_at: number
}
