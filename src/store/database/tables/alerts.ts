import type { AlertMessage, AlertStatus, AlertType } from '../../../domain/alerts/alert.ts'

export type ChannelRow = {
  id: string
  name: string
  /** Encrypted JSON. */
  config: Uint8Array
  created_at: number
}

type AlertDefaultRow = { id: number; rule_json: string | null }

type AlertStateRow = { workflow_id: string; failures: number; since: number; is_announced: 0 | 1 }

/** `is_open`: the channel knows that the workflow fails. */
type AlertLimitRow = {
  workflow_id: string
  channel_id: string
  type: AlertType
  last_at: number
  held_back: number
  is_open: 0 | 1
}

export type AlertRow = {
  id: string
  at: number
  workflow_id: string | null
  channel_id: string
  type: AlertMessage['type']
  message_json: string
  status: AlertStatus
  attempts: number
  next_at: number | null
  detail: string | null
}

type AlertSilenceRow = { workflow_id: string; until: number | null; by_json: string; at: number }

export type AlertTables = {
  channels: ChannelRow
  alert_defaults: AlertDefaultRow
  alert_states: AlertStateRow
  alert_limits: AlertLimitRow
  alert_silences: AlertSilenceRow
  alerts: AlertRow
}
