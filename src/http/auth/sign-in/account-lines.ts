import { createHash } from 'node:crypto'
import { APIError } from 'better-auth/api'
import type { Actor } from '../../../domain/shared/actor.ts'
import { takeCode } from '../../../store/people/used-codes.ts'
import { assertKept } from './passkeys.ts'
import type { RecordedWrite, Row, Transaction } from './recorded-writes.ts'
import { assertSamePassword, endSessions, type HeldPassword } from './same-password.ts'

type Change = Pick<RecordedWrite, 'models' | 'write'> & {
  readonly action: string
  /** Runs after the write, in its transaction. */
  readonly complete?: (row: Row, tx: Transaction) => Promise<void>
}

export const CHANGES: Readonly<Record<string, Change>> = {
  '/sign-out': { action: 'session.end', write: 'delete', models: ['session'] },
  '/change-password': { action: 'password.change', write: 'update', models: ['account'], complete: endSessions },
  '/update-user': { action: 'person.rename', write: 'update', models: ['user'] },
  '/two-factor/verify-totp': { action: 'two_factor.enable', write: 'update', models: ['user', 'twoFactor'] },
  '/two-factor/disable': { action: 'two_factor.disable', write: 'update', models: ['user'] },
  '/two-factor/generate-backup-codes': { action: 'two_factor.renew_codes', write: 'update', models: ['twoFactor'] },
  '/passkey/verify-registration': {
    action: 'passkey.create',
    write: 'create',
    models: ['passkey'],
    complete: assertKept,
  },
  '/passkey/update-passkey': { action: 'passkey.rename', write: 'update', models: ['passkey'] },
  '/passkey/delete-passkey': { action: 'passkey.delete', write: 'delete', models: ['passkey'] },
  '/revoke-session': { action: 'session.revoke', write: 'delete', models: ['session'] },
  '/revoke-sessions': { action: 'session.revoke', write: 'delete', models: ['session'] },
  '/revoke-other-sessions': { action: 'session.revoke', write: 'delete', models: ['session'] },
}

type SignIn = {
  readonly at: number
  readonly address: string
  /** The second factor is missing. */
  readonly isFirstStep?: boolean
  readonly code?: string | null
  readonly password?: HeldPassword | null
}

/** The library accepts a code for 90 s, so an observed code could be reused. A used code creates no session. */
export const signInOf = (signIn: SignIn): RecordedWrite => ({
  models: ['session'],
  write: 'create',
  async entryOf({ userId }, tx) {
    const { adapter, db } = tx
    const { at, address, isFirstStep = false, code = null, password = null } = signIn
    if (password !== null) await assertSamePassword(password, tx)
    type User = { readonly id: string; readonly name: string; readonly twoFactorEnabled?: boolean | null }
    const user = await adapter.findOne<User>({ model: 'user', where: [{ field: 'id', value: String(userId) }] })
    if (user === null || (isFirstStep && user.twoFactorEnabled === true)) return null
    const { id, name } = user
    const hash = code === null ? null : createHash('sha256').update(`${id} ${code}`).digest('base64url')
    if (hash !== null && !(await takeCode(db, hash, at))) {
      const message = 'This code was used before. Wait for the next one, which comes within 30 s.'
      throw new APIError('UNAUTHORIZED', { message })
    }
    const by: Actor = { type: 'person', id, name }
    return { at, by, action: 'session.create', workflowId: null, detail: address }
  },
})
