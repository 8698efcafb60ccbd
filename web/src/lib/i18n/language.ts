/**
 * The language of the page: the person's choice, which the browser remembers for the time before the sign-in, else the
 * first of the browser's languages that the app speaks. It stays the same until the page is loaded again.
 */

export const LANGUAGES = { en: 'English', fr: 'Français' } as const
export type PageLanguage = keyof typeof LANGUAGES

const STORED = 'language'

export const LANGUAGE: PageLanguage = readChoice() ?? pageLanguageOf(navigator.languages)

/** The form of dates and numbers: the browser's own where it is of the same language. */
export const LOCALE: string =
  navigator.languages.find((name) => name.split('-')[0] === LANGUAGE) ?? (LANGUAGE === 'fr' ? 'fr-FR' : 'en-GB')

/** The first language that the app speaks; English when there is none. */
function pageLanguageOf(names: readonly string[]): PageLanguage {
  return names.map((name) => name.toLowerCase().split('-')[0]).find(isLanguage) ?? 'en'
}

/** Whether the page must be loaded again to be in the language of the person; null follows the browser. */
export function keepChoice(language: PageLanguage | null): boolean {
  try {
    if (language === null) localStorage.removeItem(STORED)
    else localStorage.setItem(STORED, language)
  } catch {
    // Without storage the page can't know the choice when it is loaded again, so loading it again would never end.
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
