/** The words of the app in the language of the page. The English text is the key; lib/i18n/fr/ holds the French ones. */

import { IntlMessageFormat } from 'intl-messageformat'
import { LANGUAGE, LOCALE } from './language.ts'

// Awaited here, so that every module that holds words is evaluated after they are known.
const french: Readonly<Record<string, string>> = LANGUAGE === 'fr' ? await loadFrench() : {}
const formats = new Map<string, IntlMessageFormat>()

/**
 * A text in the language of the page. Values fill its places (ICU MessageFormat): `{name}`, and
 * `{count, plural, one {# run} other {# runs}}`.
 */
export function t(english: string, values?: Readonly<Record<string, string | number>>): string {
  const text = french[english] ?? english
  return values === undefined ? text : String(formatOf(text).format(values))
}

/** The parsed text; `rich` formats it with elements. */
export function formatOf(text: string): IntlMessageFormat {
  const known = formats.get(text)
  if (known !== undefined) return known
  const format = new IntlMessageFormat(text, LOCALE)
  formats.set(text, format)
  return format
}

/** Without its words the app is English, which is better than no app. */
async function loadFrench(): Promise<Readonly<Record<string, string>>> {
  try {
    return (await import('./fr/index.ts')).FRENCH
  } catch (error) {
    console.warn('The French words could not be loaded.', error)
    return {}
  }
}
