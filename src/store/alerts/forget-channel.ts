import type { AlertRule } from '../../domain/alerts/rule.ts'
import type { Db } from '../database/tables/tables.ts'

export type RuleChange = { readonly workflowId: string | null; readonly old: AlertRule; readonly new: AlertRule }

export async function forgetChannel(db: Db, channelId: string, now: number): Promise<readonly RuleChange[]> {
  const rows = await db
    .selectFrom('workflows')
    .select(['id', 'alerts_json', 'updated_at'])
    .where('alerts_json', 'like', `%${JSON.stringify(channelId)}%`)
    .orderBy('id')
    .forNoKeyUpdate()
    .execute()
  const changes: RuleChange[] = []
  for (const { id, alerts_json, updated_at } of rows) {
    const change = without(channelId, alerts_json)
    if (change === null) continue
    const changed = { alerts_json: JSON.stringify(change.new), updated_at: Math.max(now, updated_at + 1) }
    await db.updateTable('workflows').set(changed).where('id', '=', id).execute()
    changes.push({ workflowId: id, ...change })
  }
  const preset = await db.selectFrom('alert_defaults').select('rule_json').executeTakeFirst()
  const change = without(channelId, preset?.rule_json ?? null)
  if (change === null) return changes
  await db
    .updateTable('alert_defaults')
    .set({ rule_json: JSON.stringify(change.new) })
    .execute()
  return [...changes, { workflowId: null, ...change }]
}

function without(channelId: string, json: string | null): Pick<RuleChange, 'old' | 'new'> | null {
  const old: AlertRule | null = json === null ? null : JSON.parse(json)
  if (old === null || !old.channels.includes(channelId)) return null
  return { old, new: { ...old, channels: old.channels.filter((id) => id !== channelId) } }
}
