import { type Role, readRole } from '../../domain/shared/access.ts'
import { type Actor, parseActor } from '../../domain/shared/actor.ts'
import type { Database } from '../database/database.ts'
import { checkMaker } from '../database/tables/accounts.ts'
import type { Db, InvitationRow } from '../database/tables/tables.ts'

export type InvitationStore = {
  createInvitation(invitation: Invitation, hash: string): Promise<void>
  /** Null: accepted, revoked or expired. */
  findInvitation(hash: string, now: number): Promise<Invitation | null>
  listInvitations(now: number): Promise<readonly Invitation[]>
  endInvitation(id: string, now: number): Promise<boolean>
}

export function createInvitations(database: Database): InvitationStore {
  return {
    createInvitation: ({ id, email, role, createdAt, expiresAt, createdBy }, hash) =>
      database.write(async (db) => {
        const created_by_json = JSON.stringify(createdBy)
        await db
          .insertInto('invitations')
          .values({ id, email, role, hash, created_at: createdAt, created_by_json, expires_at: expiresAt })
          .execute()
        await checkMaker(db, createdBy)
      }),
    findInvitation: (hash, now) =>
      database.read(async (db) => {
        const row = await db
          .selectFrom('invitations')
          .selectAll()
          .where('hash', '=', hash)
          .where('ended_at', 'is', null)
          .where('expires_at', '>', now)
          .executeTakeFirst()
        return row === undefined ? null : toInvitation(row)
      }),
    listInvitations: (now) =>
      database.read(async (db) => {
        const rows = await db
          .selectFrom('invitations')
          .selectAll()
          .where('ended_at', 'is', null)
          .where('expires_at', '>', now)
          .orderBy('id', 'desc')
          .execute()
        return rows.map(toInvitation)
      }),
    endInvitation: (id, now) => database.write((db) => endInvitation(db, id, now)),
  }
}

export async function endInvitation(db: Db, id: string, now: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('invitations')
    .set({ ended_at: now })
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** A person may have been invited more than once. */
export async function endInvitationsOf(db: Db, email: string, now: number): Promise<void> {
  await db
    .updateTable('invitations')
    .set({ ended_at: now })
    .where('email', '=', email.toLowerCase())
    .where('ended_at', 'is', null)
    .execute()
}

function toInvitation(row: InvitationRow): Invitation {
  return {
    id: row.id,
    email: row.email,
    role: readRole(row.role) ?? 'viewer',
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    createdBy: parseActor(row.created_by_json),
  }
}

export type Invitation = {
  readonly id: string
  readonly email: string
  readonly role: Role
  readonly createdAt: number
  readonly expiresAt: number
  readonly createdBy: Actor
}
