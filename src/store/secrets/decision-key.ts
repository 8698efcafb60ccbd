import type { Database } from '../database/database.ts'
import type { Keyring } from './encryption.ts'
import { getLastingKey } from './lasting-keys.ts'

/** Ed25519 private key as PKCS 8. */
export const getDecisionKey = (database: Database, keyring: Keyring): Promise<Uint8Array> =>
  getLastingKey(database, keyring, 'decision-key')
