import type { Database } from '../database/database.ts'
import { toBuffer } from '../database/tables/tables.ts'
import type { Keyring } from '../secrets/encryption.ts'
import { connectionBinding } from './connections.ts'

export type ConnectionSignIn = {
  readonly stateHash: string
  readonly connectionId: string
  readonly sessionHash: string
  readonly verifier: string
  readonly redirectUri: string
  readonly expiresAt: number
}

export type ConnectionSignInStore = {
  putSignIn(signIn: ConnectionSignIn, now: number): Promise<void>
  hasSignIn(stateHash: string, now: number): Promise<boolean>
  /** Returns a sign-in once, and only to its session. */
  takeSignIn(stateHash: string, sessionHash: string, now: number): Promise<ConnectionSignIn | null>
}

export function createConnectionSignIns(database: Database, keyring: Keyring): ConnectionSignInStore {
  return {
    putSignIn: ({ stateHash, connectionId, sessionHash, verifier, redirectUri, expiresAt }, now) =>
      database.write(async (db) => {
        await db.deleteFrom('connection_sign_ins').where('expires_at', '<', now).execute()
        const row = {
          state_hash: stateHash,
          connection_id: connectionId,
          session_hash: sessionHash,
          verifier: keyring.encrypt(verifier, connectionBinding(connectionId, 'sign-in')),
          redirect_uri: redirectUri,
          expires_at: expiresAt,
        }
        await db.insertInto('connection_sign_ins').values(row).execute()
      }),
    hasSignIn: (stateHash, now) =>
      database.read(async (db) => {
        const row = await db
          .selectFrom('connection_sign_ins')
          .select('state_hash')
          .where('state_hash', '=', stateHash)
          .where('expires_at', '>=', now)
          .executeTakeFirst()
        return row !== undefined
      }),
    takeSignIn: (stateHash, sessionHash, now) =>
      database.write(async (db) => {
        const [row] = await db
          .deleteFrom('connection_sign_ins')
          .where('state_hash', '=', stateHash)
          .where('session_hash', '=', sessionHash)
          .where('expires_at', '>=', now)
          .returningAll()
          .execute()
        if (row === undefined) return null
        return {
          stateHash,
          connectionId: row.connection_id,
          sessionHash,
          verifier: keyring.decrypt(toBuffer(row.verifier), connectionBinding(row.connection_id, 'sign-in')),
          redirectUri: row.redirect_uri,
          expiresAt: row.expires_at,
        }
      }),
  }
}
