import type { Database } from '../database/database.ts'
import type { Keyring } from './encryption.ts'
import { getLastingKey } from './lasting-keys.ts'

/** Returns the Ed25519 private key as PKCS 8, which signs bundles. */
export const getDecisionKey = (database: Database, keyring: Keyring): Promise<Uint8Array> =>
  getLastingKey(database, keyring, 'decision-key')
