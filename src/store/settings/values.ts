import type { OwnSetting } from '../../domain/settings/settings.ts'
import { parseActor } from '../../domain/shared/actor.ts'
import { LIMITS } from '../../domain/workflows/workflow.ts'
import { UserError } from '../../errors.ts'
import type { Db, SettingRow } from '../database/tables/tables.ts'
import { toBuffer, toText } from '../database/tables/tables.ts'
import type { Keyring } from '../secrets/encryption.ts'

export function settingBytes(key: string, value: string): number {
  return Buffer.byteLength(key) + Buffer.byteLength(value) + '"":,'.length
}

export function validateSetting(key: string, value: string): string | null {
  const name = JSON.stringify(key.slice(0, 100))
  if (!key.isWellFormed()) return `settings: the key ${name} holds a lone surrogate, which is no text: leave it out.`
  const keyBytes = Buffer.byteLength(key)
  if (keyBytes > LIMITS.settingKeyBytes) {
    return `settings: the key ${name}… has ${keyBytes} bytes, expected at most ${LIMITS.settingKeyBytes}.`
  }
  const bytes = Buffer.byteLength(value)
  if (bytes <= LIMITS.settingBytes) return null
  return `settings[${name}]: the value has ${bytes} bytes as JSON, expected at most ${LIMITS.settingBytes}.`
}

export type Total = { readonly count: number; readonly bytes: number }

/** Settings already above a limit may shrink. */
export function validateTotal(after: Total, before: Total): string | null {
  const { count, bytes } = after
  if (count > Math.max(LIMITS.settings, before.count)) {
    return `settings: there would be ${count} keys, expected at most ${LIMITS.settings}.`
  }
  if (bytes <= LIMITS.settingsBytes) return null
  return `settings: all keys and values together would have ${bytes} bytes as JSON, expected at most ${LIMITS.settingsBytes}.`
}

/** Returns the size. Throws if the settings are missing. */
export async function lockSettings(db: Db, workflowId: string): Promise<Total> {
  const total = await db
    .selectFrom('settings_totals')
    .select(['count', 'bytes'])
    .where('workflow_id', '=', workflowId)
    .forUpdate()
    .executeTakeFirst()
  if (total === undefined) throw missingSettings(workflowId)
  return total
}

/** Code would run with empty settings and overwrite the existing ones. */
export function missingSettings(workflowId: string, cause?: unknown): UserError {
  const detail = `The settings of ${workflowId} cannot be read: ask the operator to check the secret key and the database.`
  return new UserError('unavailable', detail, {}, cause)
}

/** Throws `unavailable` on failure. */
export function decryptValue(
  keyring: Keyring,
  row: Pick<SettingRow, 'workflow_id' | 'key' | 'revision' | 'secret'>,
  value: Uint8Array,
): string {
  const binding = {
    purpose: 'setting',
    workflowId: row.workflow_id,
    key: toText(row.key),
    revision: row.revision,
    secret: row.secret === 1,
  } as const
  try {
    return keyring.decrypt(toBuffer(value), binding)
  } catch (error) {
    throw missingSettings(row.workflow_id, error)
  }
}

export function toSetting(keyring: Keyring, row: SettingRow): OwnSetting {
  return {
    key: toText(row.key),
    value: decryptValue(keyring, row, row.value),
    secret: row.secret === 1,
    revision: row.revision,
    updatedAt: row.updated_at,
    updatedBy: parseActor(row.updated_by_json),
    isState: row.state === 1,
    overwrites:
      row.conflict_at === null || row.conflict_run_id === null
        ? null
        : { count: row.conflicts, lastAt: row.conflict_at, lastRunId: row.conflict_run_id },
  }
}
