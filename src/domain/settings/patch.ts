import type { Atomic } from '../json/merge-values.ts'

/** Values are JSON. */
export type SettingsPatch = {
  readonly set: ReadonlyMap<string, string>
  readonly deleted: readonly string[]
  readonly atomic?: ReadonlyMap<string, Atomic>
}
export const EMPTY_PATCH: SettingsPatch = { set: new Map(), deleted: [] }

export type SettingsChange = {
  readonly key: string
  /** JSON. Null: absent, deleted, or secret. */
  readonly old: string | null
  readonly new: string | null
}
