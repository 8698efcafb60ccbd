import { type Actor, CONFIGURED_KEY, parseActor } from '../../../domain/shared/actor.ts'
import { UserError } from '../../../errors.ts'
import { type Db, toText } from './tables.ts'

/** The person or configured key that created an API key, also through other keys. Null: one is gone. */
export const makerOf = async (db: Db, actor: Actor): Promise<Actor | null> => (await makersOf(db, [actor]))[0] ?? null

/** A key is older than those that it created, so the search ends without a limit. */
export async function makersOf(db: Db, actors: readonly Actor[]): Promise<readonly (Actor | null)[]> {
  let makers: readonly (Actor | null)[] = actors
  for (;;) {
    const keys = makers.flatMap((maker) => (isKey(maker) ? [maker.id] : []))
    if (keys.length === 0) return makers
    const rows = await db.selectFrom('api_keys').select(['id', 'created_by_json']).where('id', 'in', keys).execute()
    const found = new Map(rows.map(({ id, created_by_json }) => [id, parseActor(created_by_json)]))
    makers = makers.map((maker) => (isKey(maker) ? (found.get(maker.id) ?? null) : maker))
  }
}

const isKey = (actor: Actor | null): actor is Actor => actor?.type === 'api_key' && actor.id !== CONFIGURED_KEY.id

/** Lower case, empty if unknown. */
export const emailOf = async (db: Db, id: string): Promise<string> => (await emailsOf(db, [id])).get(id) ?? ''

/** Finds removed accounts: their keys may outlive them and the address may be invited again. */
export async function emailsOf(db: Db, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const emails = new Map<string, string>()
  if (ids.length === 0) return emails
  const people = await db.selectFrom('user').select(['id', 'email']).where('id', 'in', ids).execute()
  for (const { id, email } of people) emails.set(id, email.toLowerCase())
  for (const id of ids) if (!emails.has(id)) emails.set(id, await formerEmailOf(db, id))
  return emails
}

async function formerEmailOf(db: Db, id: string): Promise<string> {
  const created = await db
    .selectFrom('audit_log')
    .select('detail')
    .where('action', 'in', ['owner.create', 'invitation.accept'])
    .where('by_json', 'like', `%"id":"${id}"%`)
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
  return created === undefined ? '' : toText(created.detail).toLowerCase()
}

/**
 * Throws `forbidden` if the creator of a key or invitation has lost that right. Call it after the insert in the same
 * transaction, because `endWaysBack` blocks inserts.
 */
export async function checkMaker(db: Db, { type, id }: Actor): Promise<void> {
  const found =
    type === 'person'
      ? await db.selectFrom('user').select('id').where('id', '=', id).where('role', '=', 'owner').executeTakeFirst()
      : await db
          .selectFrom('api_keys')
          .select('id')
          .where('id', '=', id)
          .where('revoked_at', 'is not', null)
          .executeTakeFirst()
  const isGone = type === 'person' ? found === undefined : found !== undefined
  if (isGone) throw new UserError('forbidden', 'You may not do this any more: somebody has just ended your rights.')
}
