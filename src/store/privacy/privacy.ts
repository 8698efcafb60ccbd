import type { Database } from '../database/database.ts'
import { createOriginals, type OriginalStore } from '../runs/rows/originals.ts'
import type { Keyring } from '../secrets/encryption.ts'
import { getLastingKey } from '../secrets/lasting-keys.ts'
import { createParts, type PartStore } from './parts.ts'
import { createPeopleData, type PeopleDataStore } from './people-data.ts'

export type PrivacyStore = OriginalStore &
  PeopleDataStore &
  PartStore & {
    getKey(): Promise<Uint8Array>
  }

export function createPrivacyStore(database: Database, keyring: Keyring): PrivacyStore {
  return {
    ...createOriginals(database, keyring),
    ...createPeopleData(database, keyring),
    ...createParts(database),
    getKey: () => getLastingKey(database, keyring, 'privacy-key'),
  }
}
