/** Settings: what the workflow's page calls Environment properties. Values are JSON text throughout. */

import type { Actor } from './actor.ts'
import type { SettingsChange, SettingsPatch } from './run.ts'

/** Every function receives it; it is never stored. */
export const RESERVED_KEY = '__workflow_id'

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

/** A setting of the installation. */
export type SharedSetting = Setting & {
  /** Who may change it and use it in a workflow, besides owners; null: all editors. */
  readonly editors: readonly string[] | null
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

/** The value of a key when a run commits. */
export type Standing = { readonly value: string; readonly revision: number }

export type PlannedChange = { readonly key: string; readonly value: string | null }

/**
 * Decides, key by key, what of a run's patch is written over the current settings (JSON text; null deletes).
 * The later commit wins; `conflicts` names each key that somebody else has changed since `snapshot`.
 */
export function planChanges(
  wanted: ReadonlyMap<string, string | null>,
  standing: ReadonlyMap<string, Standing>,
  snapshot: ReadonlyMap<string, Pick<Standing, 'revision'>>,
): { readonly changes: readonly PlannedChange[]; readonly conflicts: readonly string[] } {
  const changes: PlannedChange[] = []
  const conflicts: string[] = []
  for (const [key, value] of wanted) {
    const now = standing.get(key)
    if ((now?.revision ?? 0) !== (snapshot.get(key)?.revision ?? 0)) conflicts.push(key)
    if ((now?.value ?? null) !== value) changes.push({ key, value })
  }
  return { changes, conflicts }
}

/** What a run on a scratch copy did to it, in the words of a run whose changes are kept; it is stored nowhere. */
export function scratchChanges({ set, deleted }: SettingsPatch, snapshot: Snapshot): SettingsChange[] {
  const wanted: (readonly [string, string | null])[] = [...set, ...deleted.map((key) => [key, null] as const)]
  return wanted.flatMap(([key, value]) => {
    const before = snapshot.get(key)
    const old = before?.value ?? null
    if (old === value) return []
    return [before?.secret ? { key, old: null, new: null } : { key, old, new: value }]
  })
}
