/** The tables of versions, of unsaved code, and of packages. */

export type VersionRow = {
  id: string
  workflow_id: string
  number: number
  source: Uint8Array
  /** Modules beside the source, as JSON; null: none. */
  files: Uint8Array | null
  /** Packages, as JSON; null: no declaration. */
  packages: Uint8Array | null
  environment_id: string | null
  /** 1: it is deployed by itself once its environment is ready. */
  deploy_when_ready: 0 | 1
  message: Uint8Array
  created_at: number
  /** Null: from before this was recorded. */
  created_by_json: string | null
  /** When it was last deployed; null: never, or before this was recorded. */
  deployed_at: number | null
}

/** Unsaved code of a person; `source` is null when it has ended. */
type CodeDraftRow = {
  workflow_id: string
  owner_id: string
  source: Uint8Array | null
  /** Modules beside the source, as JSON; null: none. */
  files: Uint8Array | null
  base_version: number
  base_deployed: number
  revision: number
  updated_at: number
}

/** Earlier texts of unsaved code. */
type CodeDraftTextRow = {
  workflow_id: string
  owner_id: string
  revision: number
  source: Uint8Array
  files: Uint8Array | null
  at: number
}

export type DraftTables = { code_drafts: CodeDraftRow; code_draft_texts: CodeDraftTextRow }

/** A lock and what it is for; versions with the same one share it. */
export type EnvironmentRow = {
  id: string
  runtime: string
  lock: Uint8Array
  with_sources: 0 | 1
  created_at: number
  last_used_at: number
}
