/** Other settings may contain a copy of a previous secret. */

import { sql } from 'kysely'
import { LRUCache } from 'lru-cache'
import type { Snapshot } from '../../domain/settings/settings.ts'
import type { Workflow } from '../../domain/workflows/workflow.ts'
import type { Database } from '../database/database.ts'
import { type Db, toBytes } from '../database/tables/tables.ts'
import type { Keyring } from '../secrets/encryption.ts'
import { decryptShared } from './shared.ts'
import { decryptValue } from './values.ts'

export type FormerSecretStore = {
  listFormerSecrets(workflow: Pick<Workflow, 'id' | 'sharedSettings'>, snapshot: Snapshot): Promise<readonly string[]>
  listSharedSecrets(): Promise<readonly string[]>
}

/** Each value adds up to 0.4 ms to a redactor. Each run that renews a token creates one. */
const MAX_FORMER = 20
const MAX_CACHED = 8 * 1024 * 1024

type Known = { readonly mark: string; readonly values: readonly string[] }

export function createFormerSecrets(database: Database, keyring: Keyring): FormerSecretStore {
  const cached = new LRUCache<string, Known>({ maxSize: MAX_CACHED, sizeCalculation: sizeOf })
  return {
    async listFormerSecrets(workflow, snapshot) {
      const mark = markOf(workflow, snapshot)
      const found = cached.get(workflow.id)
      if (found?.mark === mark) return found.values
      const values = await database.read(async (db) => [
        ...(await listOwn(db, keyring, workflow.id)),
        ...(await listShared(db, keyring, workflow.sharedSettings)),
      ])
      cached.set(workflow.id, { mark, values })
      return values
    },
    listSharedSecrets: () =>
      database.read(async (db) => {
        const rows = await db.selectFrom('shared_settings').selectAll().where('secret', '=', 1).execute()
        const current = rows.map(({ key, revision, value }) => decryptShared(keyring, key, revision, value))
        return [...new Set([...current, ...(await listShared(db, keyring, null))])]
      }),
  }
}

const sizeOf = ({ mark, values }: Known): number => values.reduce((sum, { length }) => sum + length, 200 + mark.length)

function markOf({ sharedSettings }: Pick<Workflow, 'sharedSettings'>, snapshot: Snapshot): string {
  const secrets = [...snapshot.values()].filter(({ secret }) => secret)
  return JSON.stringify([sharedSettings, secrets.map(({ key, revision, updatedAt }) => [key, revision, updatedAt])])
}

async function listOwn(db: Db, keyring: Keyring, workflowId: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('setting_changes')
    .selectAll()
    .where('workflow_id', '=', workflowId)
    // The condition of the partial index, so a long history of other settings costs nothing.
    .where(sql<boolean>`secret = 1 and value is not null`)
    .orderBy('at', 'desc')
    .limit(MAX_FORMER)
    .execute()
  return rows.flatMap((row) => (row.value === null ? [] : [decryptValue(keyring, row, row.value)]))
}

async function listShared(db: Db, keyring: Keyring, keys: readonly string[] | null): Promise<readonly string[]> {
  if (keys?.length === 0) return []
  let query = db.selectFrom('shared_setting_changes').selectAll().where('secret', '=', 1).where('value', 'is not', null)
  if (keys !== null) query = query.where('key', 'in', keys.map(toBytes))
  const rows = await query.orderBy('at', 'desc').limit(MAX_FORMER).execute()
  return rows.flatMap(({ key, revision, value }) =>
    value === null ? [] : [decryptShared(keyring, key, revision, value)],
  )
}
