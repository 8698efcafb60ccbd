/** Settings: what the workflow's page calls Environment properties. Values are JSON text throughout. */

export type Actor = {
  readonly type: 'run' | 'person' | 'api_key'
  readonly id: string
  readonly name: string
}

export type Setting = {
  readonly key: string
  /** JSON text, in clear. */
  readonly value: string
  readonly secret: boolean
  /** Grows with every change of the key; a run's commit compares it with what the run started from. */
  readonly revision: number
  readonly updatedAt: number
  readonly updatedBy: Actor
}

export type SettingHistory = {
  readonly at: number
  /** JSON text; null when absent, or when the key is or was secret. */
  readonly old: string | null
  readonly new: string | null
  readonly by: Actor
}

/** The copy of its settings that a run starts from. */
export type Snapshot = ReadonlyMap<string, Setting>
