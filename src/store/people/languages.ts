import type { PersonLanguage } from '../../domain/shared/person-language.ts'
import type { Database } from '../database/database.ts'

export type LanguageStore = {
  /** Null: the browser's. */
  getLanguage(personId: string): Promise<PersonLanguage | null>
  setLanguage(personId: string, language: PersonLanguage | null): Promise<void>
  listLanguages(emails: readonly string[]): Promise<ReadonlyMap<string, PersonLanguage>>
}

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
        // better-auth creates its tables at first use.
        const anyChoice = await db.selectFrom('person_languages').select('person_id').limit(1).executeTakeFirst()
        if (anyChoice === undefined) return new Map()
        const rows = await db
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
