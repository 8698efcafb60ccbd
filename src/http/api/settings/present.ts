import type { OwnSetting, Setting, SettingHistory } from '../../../domain/settings/settings.ts'
import { RawJson } from '../../wire/json-text.ts'
import { rawOrNull, timeText } from '../common/present.ts'
import type { Shown } from '../common/routes.ts'
import type { SettingChange, Setting as SettingSchema, SharedSetting } from './schemas.ts'

export function presentSetting(setting: OwnSetting) {
  const { isState, overwrites } = setting
  return {
    ...presentFields(setting),
    state: isState,
    overwrites: overwrites && {
      count: overwrites.count,
      last_at: timeText(overwrites.lastAt),
      last_run_id: overwrites.lastRunId,
    },
  } satisfies Shown<typeof SettingSchema>
}

export function presentFields({ key, value, secret, revision, updatedAt, updatedBy }: Setting) {
  return {
    key,
    value: secret ? null : new RawJson(value),
    secret,
    revision,
    updated_at: timeText(updatedAt),
    updated_by: updatedBy,
  } satisfies Omit<Shown<typeof SharedSetting>, 'editors' | 'used_by'>
}

export function presentSettingHistory(change: SettingHistory) {
  return {
    at: timeText(change.at),
    old: rawOrNull(change.old),
    new: rawOrNull(change.new),
    by: change.by,
  } satisfies Shown<typeof SettingChange>
}
