/** Values are JSON. */

import { type Atomic, mergeValues } from '../json/merge-values.ts'

import type { Actor } from '../shared/actor.ts'
import type { SettingsChange, SettingsPatch } from './patch.ts'

/** Every function receives it. Never stored. */
export const RESERVED_KEY = '__workflow_id'

export type Setting = {
  readonly key: string
  readonly value: string
  readonly secret: boolean
  /** A run's commit compares it with the revision at its start. */
  readonly revision: number
  readonly updatedAt: number
  readonly updatedBy: Actor
}

/** Restarts after a week without an overwrite. */
type Overwrites = { readonly count: number; readonly lastAt: number; readonly lastRunId: string }
export const OVERWRITES_MS = 7 * 86_400_000

export type OwnSetting = Setting & {
  readonly isState: boolean
  readonly overwrites: Overwrites | null
}

export type SharedSetting = Setting & {
  /** Null: all editors. */
  readonly editors: readonly string[] | null
}

export type SettingHistory = {
  readonly at: number
  /** Null: absent, or the key is or was secret. */
  readonly old: string | null
  readonly new: string | null
  readonly by: Actor
}

export type Snapshot = ReadonlyMap<string, Setting>

export type Standing = { readonly value: string; readonly revision: number }

export type PlannedChange = { readonly key: string; readonly value: string | null }

/** The run and another change since its start both changed the value at `path`. */
export type Conflict = { readonly key: string; readonly path: readonly string[] }

/**
 * Returns the part of a run's patch to write (null deletes). Merges keys that changed since `snapshot`. In a conflict,
 * the later commit wins.
 */
export function planChanges(
  wanted: ReadonlyMap<string, string | null>,
  standing: ReadonlyMap<string, Standing>,
  snapshot: ReadonlyMap<string, Standing>,
  atomic: ReadonlyMap<string, Atomic> = new Map(),
): { readonly changes: readonly PlannedChange[]; readonly conflicts: readonly Conflict[] } {
  const changes: PlannedChange[] = []
  const conflicts: Conflict[] = []
  for (const [key, mine] of wanted) {
    const [now, before] = [standing.get(key), snapshot.get(key)]
    const [theirs, base] = [now?.value ?? null, before?.value ?? null]
    const isMoved = (now?.revision ?? 0) !== (before?.revision ?? 0)
    const merged = isMoved ? mergeValues({ base, mine, theirs }, atomic.get(key)) : { value: mine, conflicts: [] }
    conflicts.push(...merged.conflicts.map((path) => ({ key, path })))
    if (theirs !== merged.value) changes.push({ key, value: merged.value })
  }
  return { changes, conflicts }
}

export function scratchChanges({ set, deleted }: SettingsPatch, snapshot: Snapshot): SettingsChange[] {
  const wanted: (readonly [string, string | null])[] = [...set, ...deleted.map((key) => [key, null] as const)]
  return wanted.flatMap(([key, value]) => {
    const before = snapshot.get(key)
    const old = before?.value ?? null
    if (old === value) return []
    return [before?.secret ? { key, old: null, new: null } : { key, old, new: value }]
  })
}
