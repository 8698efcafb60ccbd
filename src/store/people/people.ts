/**
 * People's accounts: better-auth keeps them in its own tables. What must hold between several rows, of its tables and ours,
 * is kept here, each in one transaction that excludes the others, on all servers.
 */

import { sql } from 'kysely'
import type { Role } from '../../domain/access.ts'
import { type Actor, CONFIGURED_KEY, parseActor } from '../../domain/actor.ts'
import { UserError } from '../../errors.ts'
import { accounts } from '../database/account-tables.ts'
import type { Database, Engine } from '../database/database.ts'
import { bit, type Db } from '../database/tables.ts'
import { deleteDrafts } from '../workflows/drafts.ts'
import { endInvitation } from './invitations.ts'

type NewPerson = {
  readonly id: string
  readonly name: string
  /** In lower case. */
  readonly email: string
  readonly role: Role
  /** Null for a person who signs in by a provider. */
  readonly passwordHash: string | null
  readonly createdAt: number
}

/** What permits a new account: there is none yet, or an invitation, which is used up by it. */
export type Grant = 'first' | { readonly invitationId: string }

/** Usable once better-auth has made its tables. */
export type PeopleStore = {
  /** Throws `conflict` when the grant does not hold any more, or the e-mail has an account. */
  insertPerson(person: NewPerson, grant: Grant): Promise<void>
  /** Throws `not_found`, `conflict` for the last owner, and `forbidden` when `by` is no owner any more. */
  setPersonRole(id: string, role: Role, change: PersonChange): Promise<Left & { oldRole: string | null }>
  /** Removes the account and its sessions; throws like `setPersonRole`. */
  removePerson(id: string, change: PersonChange): Promise<Left>
  /** Whether a person, or who made an API key, is an owner or one of these people with a role that changes workflows. */
  isEditor(actor: Actor, editors: readonly string[]): Promise<boolean>
}

export type PersonChange = {
  readonly by: Actor
  readonly at: number
  /** Whether the API keys that the person made go on working once it is no owner any more. */
  readonly keepKeys: boolean
}
/** The API keys that ended with it. */
export type Left = { readonly endedKeys: readonly string[] }

/** The store's part that keeps the rules about people. */
export function createPeople(database: Database): PeopleStore {
  const { engine } = database
  return {
    insertPerson: (person, grant) =>
      database.write(async (db) => {
        await lockPeople(db, engine)
        await insertPerson(db, engine, person, grant)
      }),
    setPersonRole: (id, role, change) =>
      database.write(async (db) => {
        await lockPeople(db, engine)
        const { wasOwner, oldRole } = await checkChange(db, id, role, change.by)
        await accounts(db).updateTable('user').set({ role }).where('id', '=', id).execute()
        const left = wasOwner && role !== 'owner' ? await endWaysBack(db, engine, id, change) : NOTHING
        return { ...left, oldRole }
      }),
    removePerson: (id, change) =>
      database.write(async (db) => {
        await lockPeople(db, engine)
        await checkChange(db, id, null, change.by)
        // Sessions and passwords go with it, by its foreign keys.
        await accounts(db).deleteFrom('user').where('id', '=', id).execute()
        await deleteDrafts(db, 'owner_id', id)
        await db.deleteFrom('person_languages').where('person_id', '=', id).execute()
        return await endWaysBack(db, engine, id, change)
      }),
    isEditor: (actor, editors) => database.read((db) => isEditor(db, actor, editors)),
  }
}

/** Keys make keys; a longer chain than this is none that people make. */
const MAX_MAKERS = 100

async function isEditor(db: Db, actor: Actor, editors: readonly string[]): Promise<boolean> {
  let { type, id } = actor
  for (let makers = 0; type === 'api_key' && makers < MAX_MAKERS; makers += 1) {
    if (id === CONFIGURED_KEY.id) return true
    const key = await db.selectFrom('api_keys').select('created_by_json').where('id', '=', id).executeTakeFirst()
    if (key === undefined) return false
    ;({ type, id } = parseActor(key.created_by_json))
  }
  if (type !== 'person') return false
  const person = await accounts(db).selectFrom('user').select('role').where('id', '=', id).executeTakeFirst()
  return person?.role === 'owner' || (person?.role === 'editor' && editors.includes(id))
}

const NOTHING: Left = { endedKeys: [] }

/** One such change at a time over all servers; reading, signing in and out go on. SQLite has one writer anyway. */
export async function lockPeople(db: Db, engine: Engine): Promise<void> {
  if (engine === 'postgres') await sql`lock table "user" in share row exclusive mode`.execute(db)
}

export async function insertPerson(db: Db, engine: Engine, person: NewPerson, grant: Grant): Promise<void> {
  const { id, name, email, role, passwordHash, createdAt: at } = person
  if (grant === 'first') {
    const anybody = await accounts(db).selectFrom('user').select('id').limit(1).executeTakeFirst()
    if (anybody !== undefined) throw new UserError('conflict', 'There is an owner already: sign in.')
  } else if (!(await endInvitation(db, grant.invitationId, at))) {
    throw new UserError('conflict', 'This invitation was used or revoked a moment ago.')
  }
  const same = await accounts(db).selectFrom('user').select('id').where('email', '=', email).executeTakeFirst()
  if (same !== undefined) throw new UserError('conflict', `There is an account of ${email} already: sign in.`)
  const times = { createdAt: timeOf(engine, at), updatedAt: timeOf(engine, at) }
  const emailVerified = engine === 'postgres' ? false : bit(false)
  await accounts(db)
    .insertInto('user')
    .values({ id, name, email, emailVerified, role, ...times })
    .execute()
  if (passwordHash !== null) await insertPassword(db, engine, { personId: id, passwordHash, at })
}

/** For a person who has none. `at` in milliseconds. */
export async function insertPassword(
  db: Db,
  engine: Engine,
  { personId: id, passwordHash, at }: { personId: string; passwordHash: string; at: number },
): Promise<void> {
  const time = timeOf(engine, at)
  await accounts(db)
    .insertInto('account')
    .values({
      id,
      accountId: id,
      providerId: 'credential',
      userId: id,
      password: passwordHash,
      createdAt: time,
      updatedAt: time,
    })
    .execute()
}

/** As better-auth writes them on each engine. */
const timeOf = (engine: Engine, at: number) => (engine === 'postgres' ? new Date(at) : new Date(at).toISOString())

/** `role` null: the person is to be removed. */
async function checkChange(
  db: Db,
  id: string,
  role: Role | null,
  by: Actor,
): Promise<{ wasOwner: boolean; oldRole: string | null }> {
  const owners = await accounts(db).selectFrom('user').select('id').where('role', '=', 'owner').execute()
  const isOwner = (person: string) => owners.some((owner) => owner.id === person)
  if (by.type === 'person' && !isOwner(by.id)) {
    throw new UserError('forbidden', 'You are no owner any more: somebody has just changed your role.')
  }
  const person = await accounts(db).selectFrom('user').select(['name', 'role']).where('id', '=', id).executeTakeFirst()
  if (person === undefined) throw new UserError('not_found', `There is no person ${JSON.stringify(id.slice(0, 100))}.`)
  if (role !== 'owner' && isOwner(id) && owners.length === 1) {
    throw new UserError('conflict', `${person.name} is the only owner: make somebody else an owner first.`)
  }
  return { wasOwner: isOwner(id), oldRole: person.role }
}

/**
 * Who made a key or an invitation knows it, and could be an owner again with it. So they end, and those that such keys
 * have made; keys may be kept for the programs that use them, when somebody decides so.
 */
export async function endWaysBack(
  db: Db,
  engine: Engine,
  personId: string,
  change: Pick<PersonChange, 'at' | 'keepKeys'>,
): Promise<Left> {
  const { at, keepKeys } = change
  // Those that are being made are seen, or see that their maker is gone (`checkMaker`).
  if (engine === 'postgres') await sql`lock table api_keys, invitations in share row exclusive mode`.execute(db)
  const keys = await db.selectFrom('api_keys').select(['id', 'created_by_json', 'revoked_at']).execute()
  const makers = new Set([personId])
  if (!keepKeys) {
    // One that was made later is made by one before it, or in the same millisecond: until nothing is added.
    for (let before = 0; before < makers.size; ) {
      before = makers.size
      for (const key of keys) if (makers.has(parseActor(key.created_by_json).id)) makers.add(key.id)
    }
  }
  const endedKeys = keys.filter(({ id, revoked_at }) => makers.has(id) && revoked_at === null).map(({ id }) => id)
  for (const id of endedKeys) await db.updateTable('api_keys').set({ revoked_at: at }).where('id', '=', id).execute()
  const open = await db
    .selectFrom('invitations')
    .select(['id', 'created_by_json'])
    .where('ended_at', 'is', null)
    .execute()
  for (const { id, created_by_json } of open) {
    if (makers.has(parseActor(created_by_json).id)) await endInvitation(db, id, at)
  }
  return { endedKeys }
}
