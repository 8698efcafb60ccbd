import type { Database } from '../database/database.ts'
import type { Keyring } from './encryption.ts'
import { getLastingKey } from './lasting-keys.ts'

export const getDecisionKey = (database: Database, keyring: Keyring): Promise<Uint8Array> =>
  getLastingKey(database, keyring, 'decision-key')
