import type { PersonLanguage } from '../../../domain/shared/person-language.ts'

export type ViewRow = {
  id: string
  owner_id: string
  name: string
  search: string
  shared: 0 | 1
  created_by_json: string
  created_at: number
}

/** Columns of better-auth's tables that the store reads. It creates them at its first use. */
type AccountTables = {
  user: {
    id: string
    name: string
    email: string
    emailVerified: boolean | 0 | 1
    createdAt: Date | string
    updatedAt: Date | string
    role: string | null
    twoFactorEnabled: boolean | 0 | 1 | null
  }
  account: {
    id: string
    accountId: string
    providerId: string
    userId: string
    password: string | null
    createdAt: Date | string
    updatedAt: Date | string
  }
  twoFactor: { id: string; userId: string; secret: string; backupCodes: string }
  passkey: { id: string; userId: string }
  session: { id: string; userId: string }
  verification: { id: string; value: string }
}

export type PeopleTables = AccountTables & {
  sign_in_limits: { key: string; failures: number; last_at: number; refused_until: number; has_account: 0 | 1 }
  person_languages: { person_id: string; language: PersonLanguage }
  views: ViewRow
}
