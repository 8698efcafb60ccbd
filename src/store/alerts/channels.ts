/** Configs contain secrets and are encrypted as a whole. */

import type { AnchoredHead } from '../../domain/alerts/alert.ts'
import type { Channel, ChannelConfig } from '../../domain/alerts/channel.ts'
import type { AlertRule } from '../../domain/alerts/rule.ts'
import type { Database } from '../database/database.ts'
import type { ChannelRow } from '../database/tables/alerts.ts'
import { type Db, toBuffer } from '../database/tables/tables.ts'
import type { Keyring } from '../secrets/encryption.ts'
import type { AlertUse } from './alerts.ts'
import { forgetChannel, type RuleChange } from './forget-channel.ts'
import { recordAnchors } from './record.ts'

export type ChannelStore = {
  createChannel(channel: Channel): Promise<void>
  /** At most 200. */
  listChannels(): Promise<readonly Channel[]>
  findChannel(id: string): Promise<Channel | null>
  updateChannel(id: string, changes: Partial<Pick<Channel, 'name' | 'config'>>): Promise<void>
  /** Also deletes queued alerts. Returns the changed rules, or null if there is no such channel. */
  deleteChannel(id: string, now: number): Promise<readonly RuleChange[] | null>
  /** The rule of workflows without their own. Null: no alerts. */
  findDefaultRule(): Promise<AlertRule | null>
  putDefaultRule(rule: AlertRule | null): Promise<void>
}

export const channelBinding = (id: string) =>
  ({ purpose: 'channel', workflowId: id, key: 'config', revision: 0 }) as const

const openChannel = (keyring: Keyring, { id, name, created_at, config }: ChannelRow): Channel => ({
  id,
  name,
  createdAt: created_at,
  config: JSON.parse(keyring.decrypt(toBuffer(config), channelBinding(id))),
})

export async function sendAnchors(db: Db, keyring: Keyring, heads: readonly AnchoredHead[], at: number): Promise<void> {
  const channels = (await db.selectFrom('channels').selectAll().execute()).map((row) => openChannel(keyring, row))
  for (const { id, config } of channels)
    if (config.type === 'webhook' && config.anchors === true) await recordAnchors(db, id, heads, at)
}

export function createChannels(database: Database, keyring: Keyring, use: AlertUse): ChannelStore {
  const encrypt = (id: string, config: ChannelConfig) => keyring.encrypt(JSON.stringify(config), channelBinding(id))
  const toChannel = (row: ChannelRow) => openChannel(keyring, row)
  return {
    createChannel: ({ id, name, createdAt, config }) =>
      database.write(async (db) => {
        const row = { id, name, created_at: createdAt, config: encrypt(id, config) }
        await db.insertInto('channels').values(row).execute()
        use.inUse = true
      }),
    listChannels: () =>
      database.read(async (db) =>
        (await db.selectFrom('channels').selectAll().orderBy('name').execute()).map(toChannel),
      ),
    findChannel: (id) =>
      database.read(async (db) => {
        const row = await db.selectFrom('channels').selectAll().where('id', '=', id).executeTakeFirst()
        return row === undefined ? null : toChannel(row)
      }),
    updateChannel: (id, { name, config }) =>
      database.write(async (db) => {
        const changes = {
          ...(name === undefined ? {} : { name }),
          ...(config === undefined ? {} : { config: encrypt(id, config) }),
        }
        if (Object.keys(changes).length > 0)
          await db.updateTable('channels').set(changes).where('id', '=', id).execute()
      }),
    deleteChannel: (id, now) =>
      database.write(async (db) => {
        await db.deleteFrom('alert_limits').where('channel_id', '=', id).execute()
        await db.deleteFrom('alerts').where('channel_id', '=', id).where('status', '=', 'queued').execute()
        const { numDeletedRows } = await db.deleteFrom('channels').where('id', '=', id).executeTakeFirstOrThrow()
        if (numDeletedRows === 0n) return null
        return await forgetChannel(db, id, now)
      }),
    findDefaultRule: () =>
      database.read(async (db) => {
        const row = await db.selectFrom('alert_defaults').select('rule_json').executeTakeFirst()
        return row?.rule_json == null ? null : JSON.parse(row.rule_json)
      }),
    putDefaultRule: (rule) =>
      database.write(async (db) => {
        const rule_json = rule === null ? null : JSON.stringify(rule)
        const one = { id: 1, rule_json }
        await db
          .insertInto('alert_defaults')
          .values(one)
          .onConflict((conflict) => conflict.column('id').doUpdateSet({ rule_json }))
          .execute()
      }),
  }
}
