import { StartError } from '../../errors.ts'
import type { Database, DatabaseOptions } from '../database/database.ts'
import { isNewDatabase } from '../database/engines/new-database.ts'
import { openAuthDatabase } from '../database/engines/open.ts'
import { readMeta, writeMeta } from '../database/meta.ts'
import { type Db, type Tables, toBytes, toText } from '../database/tables/tables.ts'
import { insertPassword } from './people.ts'

type ResetPerson = { readonly id: string; readonly name: string; readonly email: string }

export type PasswordResets = {
  findPasswordReset(hash: string, now: number): Promise<ResetPerson | null>
  /** Also disables two-factor and ends all sessions. Returns false if the link was used before. */
  takePasswordReset(hash: string, passwordHash: string, now: number): Promise<boolean>
}

const PREFIX = 'password-reset:'
const LIFE_MS = 3600 * 1000

export function createPasswordResets(database: Database): PasswordResets {
  return {
    findPasswordReset: (hash, now) =>
      database.read(async (db) => {
        const { personId, until } = parse(await readMeta(db, PREFIX + hash))
        if (personId === null || until <= now) return null
        const people = db.selectFrom('user').select(['id', 'name', 'email']).where('id', '=', personId)
        return (await people.executeTakeFirst()) ?? null
      }),
    takePasswordReset: (hash, passwordHash, now) =>
      database.write(async (db) => {
        const used = db
          .deleteFrom('meta')
          .where('key', '=', PREFIX + hash)
          .returning('value')
        const { personId, until } = parse((await used.executeTakeFirst())?.value)
        if (personId === null || until <= now) return false
        const person = await db.selectFrom('user').select('id').where('id', '=', personId).executeTakeFirst()
        if (person === undefined) return false
        await db.deleteFrom('account').where('userId', '=', personId).where('providerId', '=', 'credential').execute()
        await insertPassword(db, { personId, passwordHash, at: now })
        await db.deleteFrom('session').where('userId', '=', personId).execute()
        // Another person who knew the password may have added one.
        await db.deleteFrom('passkey').where('userId', '=', personId).execute()
        // The person may have lost phone and recovery codes.
        await db.deleteFrom('twoFactor').where('userId', '=', personId).execute()
        await db.deleteFrom('verification').where('value', '=', personId).execute()
        await db.updateTable('user').set({ twoFactorEnabled: null }).where('id', '=', personId).execute()
        return true
      }),
  }
}

/**
 * Revokes older links. Throws a StartError for an unknown e-mail. A transaction would restart after each write of a
 * running server.
 */
export async function issuePasswordReset(
  options: DatabaseOptions,
  { email, hash, now }: { email: string; hash: string; now: number },
): Promise<void> {
  if (await isNewDatabase(options)) throw NO_ACCOUNTS
  const database = await openAuthDatabase(options)
  try {
    if (!(await database.hasPeople())) throw NO_ACCOUNTS
    const db: Db = database.db.withTables<Tables>()
    const person = await db.selectFrom('user').select('id').where('email', '=', email).executeTakeFirst()
    if (person === undefined) throw await unknownPerson(db, email)
    const links = await db.selectFrom('meta').selectAll().where('key', 'like', `${PREFIX}%`).execute()
    for (const { key, value } of links) {
      const { personId, until } = parse(value)
      if (personId === person.id || until <= now) await db.deleteFrom('meta').where('key', '=', key).execute()
    }
    const value = toBytes(JSON.stringify({ personId: person.id, until: now + LIFE_MS }))
    await writeMeta(db, PREFIX + hash, value)
  } finally {
    await database.close()
  }
}

const NO_ACCOUNTS = new StartError(
  'There is no account yet: start the server, it prints the link that makes the first one.',
)

async function unknownPerson(db: Db, email: string): Promise<StartError> {
  const owners = await db.selectFrom('user').select('email').where('role', '=', 'owner').limit(20).execute()
  return new StartError(`There is no account of ${email}. Owners: ${owners.map((owner) => owner.email).join(', ')}.`)
}

function parse(value: Uint8Array | undefined): { personId: string | null; until: number } {
  const read: unknown = value === undefined ? null : JSON.parse(toText(value))
  if (typeof read !== 'object' || read === null || !('personId' in read) || !('until' in read)) {
    return { personId: null, until: 0 }
  }
  return { personId: String(read.personId), until: Number(read.until) }
}
