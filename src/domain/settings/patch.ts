import type { Atomic } from '../json/merge-values.ts'

/** Keys that a run set or deleted. Values are JSON text. */
export type SettingsPatch = {
  readonly set: ReadonlyMap<string, string>
  readonly deleted: readonly string[]
  readonly atomic?: ReadonlyMap<string, Atomic>
}
export const EMPTY_PATCH: SettingsPatch = { set: new Map(), deleted: [] }

export type SettingsChange = {
  readonly key: string
  /** JSON text. Null if the key did not exist, was deleted, or is secret. */
  readonly old: string | null
  readonly new: string | null
}
