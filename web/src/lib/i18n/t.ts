/** The words of the app in the language of the page. The English text is the key; lib/i18n/fr/ holds the French ones. */

import { IntlMessageFormat } from 'intl-messageformat'
import { LANGUAGE, LOCALE } from './language.ts'

let french: Readonly<Record<string, string>> = {}
const formats = new Map<string, IntlMessageFormat>()

/** To be awaited before the app is imported: its modules hold words. Without the French ones the app is English. */
export async function loadWords(): Promise<void> {
  if (LANGUAGE !== 'fr') return
  try {
    french = (await import('./fr/index.ts')).FRENCH
  } catch (error) {
    console.warn('The French words could not be loaded.', error)
  }
}

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
