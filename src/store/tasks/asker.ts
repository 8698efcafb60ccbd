import { readRole } from '../../domain/shared/access.ts'
import { type Actor, CONFIGURED_KEY, parseActor } from '../../domain/shared/actor.ts'
import type { Asker } from '../../domain/tasks/may-answer.ts'
import type { Answerer } from '../../domain/tasks/task.ts'
import { makerOf } from '../database/tables/accounts.ts'
import type { Db } from '../database/tables/tables.ts'

/** The current person behind a session or an API key, or null. */
export async function findAsker(db: Db, actor: Actor, now: number): Promise<(Asker & Answerer) | null> {
  if (actor.id === CONFIGURED_KEY.id) return null
  const maker = await makerOf(db, actor)
  if (maker?.type !== 'person') return null
  const person = await db
    .selectFrom('user')
    .select(['id', 'name', 'email', 'role'])
    .where('id', '=', maker.id)
    .executeTakeFirst()
  if (person === undefined) return null
  const change = await db.selectFrom('role_changes').select('at').where('person_id', '=', person.id).executeTakeFirst()
  return {
    id: person.id,
    name: person.name,
    email: person.email.toLowerCase(),
    role: readRole(person.role),
    key: actor.type === 'api_key' ? await findKey(db, actor.id, maker.id, now) : null,
    roleSince: change?.at ?? null,
  }
}

async function findKey(db: Db, id: string, makerId: string, now: number): Promise<NonNullable<Asker['key']>> {
  const key = await db
    .selectFrom('api_keys')
    .select(['created_at', 'created_by_json', 'revoked_at', 'expires_at'])
    .where('id', '=', id)
    .executeTakeFirst()
  if (key === undefined) return { isOwn: false, hasEnded: true, createdAt: 0 }
  const { created_at: createdAt, created_by_json, revoked_at, expires_at } = key
  const hasEnded = revoked_at !== null || (expires_at !== null && expires_at <= now)
  return { isOwn: parseActor(created_by_json).id === makerId, hasEnded, createdAt }
}
