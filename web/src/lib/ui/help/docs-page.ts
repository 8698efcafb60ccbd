import { LANGUAGE, type PageLanguage } from '../../i18n/language.ts'

/** Each guide with a link in the app has a French page. The reference is in English only. */
export const inLanguage = (page: string, language: PageLanguage = LANGUAGE): string =>
  language === 'fr' && page.startsWith('guides/') ? `fr/${page}` : page

export const docsPage = (page: string): string => `/docs/${inLanguage(page)}`
