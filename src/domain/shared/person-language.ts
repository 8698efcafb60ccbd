export const PERSON_LANGUAGES = ['en', 'fr'] as const
export type PersonLanguage = (typeof PERSON_LANGUAGES)[number]
