/** The language that each person chose. */

import type { PersonLanguage } from '../../domain/person-language.ts'
import { accounts } from '../database/account-tables.ts'
import type { Database } from '../database/database.ts'

export type LanguageStore = {
  /** Null: the person follows the browser. */
  getLanguage(personId: string): Promise<PersonLanguage | null>
  /** Null ends the choice. */
  setLanguage(personId: string, language: PersonLanguage | null): Promise<void>
  /** The choices of people with these e-mail addresses, by address in lower case; others are absent. */
  listLanguages(emails: readonly string[]): Promise<ReadonlyMap<string, PersonLanguage>>
}

/** The store's part that keeps each person's language. */
export function createLanguages(database: Database): LanguageStore {
  return {
    getLanguage: (personId) =>
      database.read(async (db) => {
        const row = await db
          .selectFrom('person_languages')
          .select('language')
          .where('person_id', '=', personId)
          .executeTakeFirst()
        return row?.language ?? null
      }),
    setLanguage: (personId, language) =>
      database.write(async (db) => {
        if (language === null) {
          await db.deleteFrom('person_languages').where('person_id', '=', personId).execute()
          return
        }
        await db
          .insertInto('person_languages')
          .values({ person_id: personId, language })
          .onConflict((conflict) => conflict.column('person_id').doUpdateSet({ language }))
          .execute()
      }),
    listLanguages: (emails) =>
      database.read(async (db) => {
        if (emails.length === 0) return new Map()
        // The accounts' tables are made at their first use: while no one has chosen, they may not be there.
        const anyChoice = await db.selectFrom('person_languages').select('person_id').limit(1).executeTakeFirst()
        if (anyChoice === undefined) return new Map()
        const rows = await accounts(db)
          .selectFrom('person_languages')
          .innerJoin('user', 'user.id', 'person_languages.person_id')
          .select(['user.email', 'person_languages.language'])
          .where(
            'user.email',
            'in',
            emails.map((email) => email.toLowerCase()),
          )
          .execute()
        return new Map(rows.map(({ email, language }) => [email, language]))
      }),
  }
}
