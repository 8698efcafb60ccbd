/** Secrets are encrypted in the workflow's row but not part of the workflow. */

import { needsSecret } from '../../domain/senders/sender-check.ts'
import type { Workflow } from '../../domain/workflows/workflow.ts'
import { UserError } from '../../errors.ts'
import { type Db, toBuffer } from '../database/tables/tables.ts'
import type { Binding, Keyring } from '../secrets/encryption.ts'

/** Throws if a needed secret is missing: every call would be rejected. */
export function encryptSecrets(
  keyring: Keyring,
  { id, senderCheck }: Workflow,
  secrets: readonly string[],
): { sender_secrets: Buffer | null; sender_secret_count: number } {
  if (!needsSecret(senderCheck)) return { sender_secrets: null, sender_secret_count: 0 }
  if (secrets.length === 0) {
    throw new UserError(
      'bad_request',
      'sender_check.secret: expected the secret that callers prove to know, found none.',
    )
  }
  return {
    sender_secrets: keyring.encrypt(JSON.stringify(secrets), bindingOf(id)),
    sender_secret_count: secrets.length,
  }
}

/** Throws if they cannot be decrypted: no call is accepted. */
export async function readSecrets(db: Db, keyring: Keyring, workflowId: string): Promise<readonly string[]> {
  const row = await db.selectFrom('workflows').select('sender_secrets').where('id', '=', workflowId).executeTakeFirst()
  const ciphertext = row?.sender_secrets ?? null
  if (ciphertext === null) return []
  try {
    return JSON.parse(keyring.decrypt(toBuffer(ciphertext), bindingOf(workflowId)))
  } catch (error) {
    const detail = `The secrets of the hook of ${workflowId} cannot be read: ask the operator to check the secret key and the database.`
    throw new UserError('unavailable', detail, {}, error)
  }
}

export const bindingOf = (workflowId: string): Binding => ({
  purpose: 'sender-secrets',
  workflowId,
  key: '',
  revision: 0,
})
