/** The library reads a password a third of a second before it creates the session. */

import { APIError } from 'better-auth/api'
import type { Library } from './library.ts'
import type { Row, Transaction } from './recorded-writes.ts'

export type HeldPassword = { readonly userId: string; readonly hash: string | null }

type Proof = { readonly email: string } | { readonly passkey: string } | { readonly userId: string }
type Account = { readonly password?: string | null }

/** Returns null for an unknown person. */
export async function readPassword(library: Library, proof: Proof): Promise<HeldPassword | null> {
  const userId = await findUserId(library, proof)
  if (userId === null) return null
  const where = [
    { field: 'userId', value: userId },
    { field: 'providerId', value: 'credential' },
  ]
  const account = await library.adapter.findOne<Account>({ model: 'account', where })
  return { userId, hash: account?.password ?? null }
}

async function findUserId({ adapter, internalAdapter }: Library, proof: Proof): Promise<string | null> {
  if ('userId' in proof) return proof.userId
  if ('email' in proof) return (await internalAdapter.findUserByEmail(proof.email.toLowerCase()))?.user.id ?? null
  const where = [{ field: 'credentialID', value: proof.passkey }]
  return (await adapter.findOne<{ readonly userId: string }>({ model: 'passkey', where }))?.userId ?? null
}

/** A new password waits for this transaction and then ends its session, or this transaction waits and fails. */
export async function assertSamePassword(held: HeldPassword, { db }: Transaction): Promise<void> {
  const found = await db
    .selectFrom('account')
    .select('password')
    .where('userId', '=', held.userId)
    .where('providerId', '=', 'credential')
    .forShare()
    .executeTakeFirst()
  if ((found?.password ?? null) === held.hash) return
  throw new APIError('UNAUTHORIZED', { message: 'The password was changed during the sign-in: sign in again.' })
}

/**
 * The library ends the sessions before it writes the password. Between these two writes, a sign-in with the old password
 * could be stored.
 */
export async function endSessions({ userId }: Row, { db }: Transaction): Promise<void> {
  await db.deleteFrom('session').where('userId', '=', String(userId)).execute()
}
