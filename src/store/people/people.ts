/** Each change of several rows excludes all others, on all servers. */

import { sql } from 'kysely'
import type { Role } from '../../domain/shared/access.ts'
import { type Actor, CONFIGURED_KEY, parseActor } from '../../domain/shared/actor.ts'
import { UserError } from '../../errors.ts'
import type { Database } from '../database/database.ts'
import { makerOf } from '../database/tables/accounts.ts'
import { bit, type Db, isPostgres } from '../database/tables/tables.ts'
import { deleteDrafts } from '../workflows/drafts.ts'
import { deletePrivateViews } from '../workflows/views.ts'
import { endInvitation, endInvitationsOf } from './invitations.ts'

type NewPerson = {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly role: Role
  /** Null for a person who signs in through a provider. */
  readonly passwordHash: string | null
  readonly createdAt: number
}

export type Grant = 'first' | { readonly invitationId: string }

export type PeopleStore = {
  /** Throws `conflict` if the grant is invalid or the e-mail has an account. */
  insert(person: NewPerson, grant: Grant): Promise<void>
  /** Throws `not_found`, `conflict` for the last owner, and `forbidden` if `by` is no owner. */
  setRole(id: string, role: Role, change: PersonChange): Promise<Left & { oldRole: string | null }>
  /** Throws like `setRole`. */
  remove(id: string, change: PersonChange): Promise<Left>
  isEditor(actor: Actor, editors: readonly string[]): Promise<boolean>
}

export type PersonChange = {
  readonly by: Actor
  readonly at: number
  readonly keepKeys: boolean
}
export type Left = { readonly endedKeys: readonly string[] }

export function createPeople(database: Database): PeopleStore {
  return {
    insert: (person, grant) =>
      database.write(async (db) => {
        await lockPeople(db)
        await insertPerson(db, person, grant)
      }),
    setRole: (id, role, change) =>
      database.write(async (db) => {
        await lockPeople(db)
        const { wasOwner, oldRole } = await checkChange(db, id, role, change.by)
        if (role !== oldRole) await setRole(db, id, role, change.at)
        const left = wasOwner && role !== 'owner' ? await endWaysBack(db, id, change) : NOTHING
        return { ...left, oldRole }
      }),
    remove: (id, change) =>
      database.write(async (db) => {
        await lockPeople(db)
        const { email } = await checkChange(db, id, null, change.by)
        await endInvitationsOf(db, email, change.at)
        await db.deleteFrom('user').where('id', '=', id).execute()
        await deleteDrafts(db, 'owner_id', id)
        await deletePrivateViews(db, id)
        await db.deleteFrom('person_languages').where('person_id', '=', id).execute()
        await db.deleteFrom('role_changes').where('person_id', '=', id).execute()
        return await endWaysBack(db, id, change)
      }),
    isEditor: (actor, editors) => database.read((db) => isEditor(db, actor, editors)),
  }
}

async function isEditor(db: Db, actor: Actor, editors: readonly string[]): Promise<boolean> {
  const maker = await makerOf(db, actor)
  if (maker?.id === CONFIGURED_KEY.id) return true
  if (maker?.type !== 'person') return false
  const { id } = maker
  const person = await db.selectFrom('user').select('role').where('id', '=', id).executeTakeFirst()
  return person?.role === 'owner' || (person?.role === 'editor' && editors.includes(id))
}

export async function setRole(db: Db, id: string, role: Role, at: number): Promise<void> {
  await db.updateTable('user').set({ role }).where('id', '=', id).execute()
  await db
    .insertInto('role_changes')
    .values({ person_id: id, at })
    .onConflict((conflict) => conflict.column('person_id').doUpdateSet({ at }))
    .execute()
}

const NOTHING: Left = { endedKeys: [] }

/** Blocks no reads and sign-ins. SQLite has one writer. */
export async function lockPeople(db: Db): Promise<void> {
  if (isPostgres(db)) await sql`lock table "user" in share row exclusive mode`.execute(db)
}

export async function insertPerson(db: Db, person: NewPerson, grant: Grant): Promise<void> {
  const { id, name, email, role, passwordHash, createdAt: at } = person
  if (grant === 'first') {
    const anybody = await db.selectFrom('user').select('id').limit(1).executeTakeFirst()
    if (anybody !== undefined) throw new UserError('conflict', 'There is an owner already: sign in.')
  } else if (!(await endInvitation(db, grant.invitationId, at))) {
    throw new UserError('conflict', 'This invitation was used or revoked a moment ago.')
  }
  const same = await db.selectFrom('user').select('id').where('email', '=', email).executeTakeFirst()
  if (same !== undefined) throw new UserError('conflict', `There is an account of ${email} already: sign in.`)
  const times = { createdAt: timeOf(db, at), updatedAt: timeOf(db, at) }
  const emailVerified = isPostgres(db) ? false : bit(false)
  await db
    .insertInto('user')
    .values({ id, name, email, emailVerified, role, ...times })
    .execute()
  if (passwordHash !== null) await insertPassword(db, { personId: id, passwordHash, at })
}

/** `at` is in milliseconds. */
export async function insertPassword(
  db: Db,
  { personId: id, passwordHash, at }: { personId: string; passwordHash: string; at: number },
): Promise<void> {
  const time = timeOf(db, at)
  await db
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

const timeOf = (db: Db, at: number) => (isPostgres(db) ? new Date(at) : new Date(at).toISOString())

async function checkChange(
  db: Db,
  id: string,
  role: Role | null,
  by: Actor,
): Promise<{ wasOwner: boolean; oldRole: string | null; email: string }> {
  const owners = await db.selectFrom('user').select('id').where('role', '=', 'owner').execute()
  const isOwner = (person: string) => owners.some((owner) => owner.id === person)
  if (by.type === 'person' && !isOwner(by.id)) {
    throw new UserError('forbidden', 'You are no owner any more: somebody has just changed your role.')
  }
  const person = await db.selectFrom('user').select(['name', 'role', 'email']).where('id', '=', id).executeTakeFirst()
  if (person === undefined) throw new UserError('not_found', `There is no person ${JSON.stringify(id.slice(0, 100))}.`)
  if (role !== 'owner' && isOwner(id) && owners.length === 1) {
    throw new UserError('conflict', `${person.name} is the only owner: make somebody else an owner first.`)
  }
  return { wasOwner: isOwner(id), oldRole: person.role, email: person.email }
}

/**
 * Ends keys and invitations with which the person could become owner again. An owner may keep keys that programs use.
 */
export async function endWaysBack(
  db: Db,
  personId: string,
  change: Pick<PersonChange, 'at' | 'keepKeys'>,
): Promise<Left> {
  const { at, keepKeys } = change
  // Sees concurrent inserts, or they find their creator gone (`checkMaker`).
  if (isPostgres(db)) await sql`lock table api_keys, invitations in share row exclusive mode`.execute(db)
  const keys = await db.selectFrom('api_keys').select(['id', 'created_by_json', 'revoked_at']).execute()
  const makers = new Set([personId])
  if (!keepKeys) {
    // Repeats until no key is added: keys of a millisecond have no order.
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
