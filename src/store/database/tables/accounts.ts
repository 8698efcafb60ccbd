/** Account tables: the parts of better-auth's tables that the store reads, and our additions. */

import type { Actor } from '../../../domain/shared/actor.ts'
import { UserError } from '../../../errors.ts'
import type { Bit, Db } from './tables.ts'

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
 * Throws `forbidden` if the creator of an API key or invitation has lost that right. Call it after the insert in the
 * same transaction, because `endWaysBack` blocks inserts.
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
