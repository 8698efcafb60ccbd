import type { ConnectionStatus } from '../../../domain/connections/connection.ts'

export type ConnectionRow = {
  id: string
  name: string
  config_json: string
  secrets: Uint8Array
  tokens: Uint8Array | null
  generation: number
  status: ConnectionStatus
  account: string | null
  expires_at: number | null
  refreshed_at: number | null
  rotates: 0 | 1 | null
  refresh_server_id: string | null
  refresh_started_at: number | null
  failures: number
  retry_at: number | null
  problem: string | null
  created_by_json: string
  created_at: number
}

export type ConnectionSignInRow = {
  state_hash: string
  connection_id: string
  session_hash: string
  verifier: Uint8Array
  redirect_uri: string
  expires_at: number
}
