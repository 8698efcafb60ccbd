/** The stored choice, or the browser's first supported language. Changes only with a reload. */

export const LANGUAGES = { en: 'English', fr: 'Français' } as const
export type PageLanguage = keyof typeof LANGUAGES

const STORED = 'language'

export const LANGUAGE: PageLanguage = readChoice() ?? pageLanguageOf(navigator.languages)

/** The browser's locale, if its language is the page's. */
export const LOCALE: string =
  navigator.languages.find((name) => name.split('-')[0] === LANGUAGE) ?? (LANGUAGE === 'fr' ? 'fr-FR' : 'en-GB')

function pageLanguageOf(names: readonly string[]): PageLanguage {
  return names.map((name) => name.toLowerCase().split('-')[0]).find(isLanguage) ?? 'en'
}

/** Null follows the browser. */
export function keepChoice(language: PageLanguage | null): boolean {
  try {
    if (language === null) localStorage.removeItem(STORED)
    else localStorage.setItem(STORED, language)
  } catch {
    // Without storage, reloads would never end.
    return false
  }
  return (language ?? pageLanguageOf(navigator.languages)) !== LANGUAGE
}

function readChoice(): PageLanguage | null {
  try {
    const stored = localStorage.getItem(STORED)
    return isLanguage(stored) ? stored : null
  } catch {
    return null
  }
}

function isLanguage(name: string | null | undefined): name is PageLanguage {
  return name === 'en' || name === 'fr'
}
