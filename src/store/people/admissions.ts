import { randomBytes } from 'node:crypto'
import { type Role, readRole } from '../../domain/shared/access.ts'
import type { Database } from '../database/database.ts'
import type { Db } from '../database/tables/tables.ts'
import { endWaysBack, insertPerson, lockPeople, setRole } from './people.ts'

type Identity = {
  readonly providerId: string
  /** Permanent id at the provider. */
  readonly subject: string
  readonly email: string
  readonly isEmailVerified: boolean
  readonly name: string
  /** Null: the claim has no role. Undefined: the app manages roles. */
  readonly role: Role | null | undefined
  readonly at: number
}

type AdmissionRefusal = 'email_not_verified' | 'not_invited' | 'no_role'

export type Admission =
  | { readonly refusal: AdmissionRefusal }
  | {
      readonly refusal: null
      readonly personId: string
      readonly name: string
      readonly isNew: boolean
      readonly newRole: Role | null
      readonly endedKeys: readonly string[]
    }

export type AdmissionStore = {
  /** Accepts an invitation if necessary, and applies the claim's role. The last owner remains owner. */
  admit(identity: Identity): Promise<Admission>
}

export function createAdmissions(database: Database): AdmissionStore {
  return {
    admit: (identity) =>
      database.write(async (db) => {
        await lockPeople(db)
        return await admit(db, identity)
      }),
  }
}

type Found = { readonly id: string; readonly name: string; readonly role: string | null }

async function admit(db: Db, identity: Identity): Promise<Admission> {
  const { role, at, email } = identity
  const linked = await findLinked(db, identity)
  // An unverified address may belong to another person.
  if (linked === undefined && !identity.isEmailVerified) return { refusal: 'email_not_verified' }
  const known = linked ?? (await findByEmail(db, email))
  const invitation = known === undefined ? await findInvitationFor(db, email, at) : undefined
  if (known === undefined && invitation === undefined) return { refusal: 'not_invited' }
  if (role === null) return { refusal: 'no_role' }
  if (known !== undefined) return await changeRole(db, known, identity)
  const id = randomBytes(16).toString('hex')
  const name = identity.name === '' ? email : identity.name
  const given = role ?? readRole(invitation?.role) ?? 'viewer'
  const person = { id, name, email, role: given, passwordHash: null, createdAt: at }
  await insertPerson(db, person, { invitationId: invitation?.id ?? '' })
  return { refusal: null, personId: id, name, isNew: true, newRole: null, endedKeys: [] }
}

async function changeRole(db: Db, person: Found, { role, at }: Identity): Promise<Admission> {
  const same = { refusal: null, personId: person.id, name: person.name, isNew: false, newRole: null, endedKeys: [] }
  if (role === undefined || role === null || role === person.role) return same
  const owners = await db.selectFrom('user').select('id').where('role', '=', 'owner').execute()
  const wasOwner = person.role === 'owner'
  if (wasOwner && owners.length === 1) return same
  await setRole(db, person.id, role, at)
  const { endedKeys } = wasOwner ? await endWaysBack(db, person.id, { at, keepKeys: false }) : { endedKeys: [] }
  return { ...same, newRole: role, endedKeys }
}

const findLinked = (db: Db, { providerId, subject }: Identity): Promise<Found | undefined> =>
  db
    .selectFrom('account')
    .innerJoin('user', 'user.id', 'account.userId')
    .select(['user.id', 'user.name', 'user.role'])
    .where('account.providerId', '=', providerId)
    .where('account.accountId', '=', subject)
    .executeTakeFirst()

const findByEmail = (db: Db, email: string): Promise<Found | undefined> =>
  db.selectFrom('user').select(['id', 'name', 'role']).where('email', '=', email).executeTakeFirst()

const findInvitationFor = (db: Db, email: string, at: number) =>
  db
    .selectFrom('invitations')
    .select(['id', 'role'])
    .where('email', '=', email)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', at)
    .orderBy('id', 'desc')
    .executeTakeFirst()
