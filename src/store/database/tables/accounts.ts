/** Columns of better-auth's tables that the store reads, and our additions. */

import { type Actor, CONFIGURED_KEY, parseActor } from '../../../domain/shared/actor.ts'
import { UserError } from '../../../errors.ts'
import { type Bit, type Db, toText } from './tables.ts'

export type AccountTables = {
  user: {
    id: string
    name: string
    email: string
    emailVerified: boolean | Bit
    createdAt: Date | string
    updatedAt: Date | string
    role: string | null
    twoFactorEnabled: boolean | Bit | null
  }
  account: {
    id: string
    accountId: string
    providerId: string
    userId: string
    password: string | null
    createdAt: Date | string
    updatedAt: Date | string
  }
  twoFactor: { id: string; userId: string; secret: string; backupCodes: string }
  passkey: { id: string; userId: string }
  session: { id: string; userId: string }
  verification: { id: string; value: string }
  sign_in_limits: { key: string; failures: number; last_at: number; refused_until: number; has_account: Bit }
}

export const accounts = (db: Db) => db.withTables<AccountTables>()

/**
 * Returns the person or configured key that created an API key, also through other keys. Null: one is gone. A key is
 * older than those that it created, so the search ends without a limit.
 */
export async function makerOf(db: Db, actor: Actor): Promise<Actor | null> {
  let maker = actor
  while (maker.type === 'api_key' && maker.id !== CONFIGURED_KEY.id) {
    const key = await db.selectFrom('api_keys').select('created_by_json').where('id', '=', maker.id).executeTakeFirst()
    if (key === undefined) return null
    maker = parseActor(key.created_by_json)
  }
  return maker
}

/**
 * Lower case, empty if unknown. Finds removed accounts: their keys may outlive them and the address may be invited
 * again.
 */
export async function emailOf(db: Db, id: string): Promise<string> {
  const person = await accounts(db).selectFrom('user').select('email').where('id', '=', id).executeTakeFirst()
  if (person !== undefined) return person.email.toLowerCase()
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
      ? await accounts(db)
          .selectFrom('user')
          .select('id')
          .where('id', '=', id)
          .where('role', '=', 'owner')
          .executeTakeFirst()
      : await db
          .selectFrom('api_keys')
          .select('id')
          .where('id', '=', id)
          .where('revoked_at', 'is not', null)
          .executeTakeFirst()
  const isGone = type === 'person' ? found === undefined : found !== undefined
  if (isGone) throw new UserError('forbidden', 'You may not do this any more: somebody has just ended your rights.')
}
