import { LANGUAGE, type PageLanguage } from '../../i18n/language.ts'

/** The guides that the app links to exist in French. Other pages are in English only. */
export const inLanguage = (page: string, language: PageLanguage = LANGUAGE): string =>
  language === 'fr' && page.startsWith('guides/') ? `fr/${page}` : page

export const docsPage = (page: string): string => `/docs/${inLanguage(page)}`
