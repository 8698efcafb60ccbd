/** English texts are the keys of lib/i18n/fr/. */

import { IntlMessageFormat } from 'intl-messageformat'
import { LANGUAGE, LOCALE } from './language.ts'

let french: Readonly<Record<string, string>> = {}
const formats = new Map<string, IntlMessageFormat>()

/** Await it before the app's import: its modules contain texts. */
export async function loadWords(): Promise<void> {
  if (LANGUAGE !== 'fr') return
  try {
    french = (await import('./fr/index.ts')).FRENCH
  } catch (error) {
    console.warn('The French words could not be loaded.', error)
  }
}

/** ICU MessageFormat: `{count, plural, one {# run} other {# runs}}`. */
export function t(english: string, values?: Readonly<Record<string, string | number>>): string {
  const text = french[english] ?? english
  return values === undefined ? text : String(formatOf(text).format(values))
}

export function formatOf(text: string): IntlMessageFormat {
  const known = formats.get(text)
  if (known !== undefined) return known
  const format = new IntlMessageFormat(text, LOCALE)
  formats.set(text, format)
  return format
}
