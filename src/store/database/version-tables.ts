/** The tables of versions and of their packages. */

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
}

/** A lock and what it is for; versions with the same one share it. */
export type EnvironmentRow = {
  id: string
  runtime: string
  lock: Uint8Array
  with_sources: 0 | 1
  created_at: number
  last_used_at: number
}
