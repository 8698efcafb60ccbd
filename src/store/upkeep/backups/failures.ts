import type { Database } from '../../database/database.ts'
import { readMeta, writeMeta } from '../../database/meta.ts'
import { toBytes, toText } from '../../database/tables/tables.ts'

/** The last scheduled backup, if it failed. */
export type BackupFailure = { readonly at: number; readonly detail: string }

export type BackupFailures = {
  readBackupFailure(): Promise<BackupFailure | null>
  keepBackupFailure(failure: BackupFailure | null): Promise<void>
}

const KEY = 'backup-failure'

export const createBackupFailures = (database: Database): BackupFailures => ({
  async readBackupFailure() {
    const value = await database.read((db) => readMeta(db, KEY))
    return value === undefined ? null : JSON.parse(toText(value))
  },
  keepBackupFailure: (failure) => database.write((db) => writeMeta(db, KEY, toBytes(JSON.stringify(failure)))),
})
