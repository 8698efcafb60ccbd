/** The languages of the app and of e-mails. */

export const PERSON_LANGUAGES = ['en', 'fr'] as const
export type PersonLanguage = (typeof PERSON_LANGUAGES)[number]
