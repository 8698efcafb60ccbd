/** JSON text: values of users, whose numbers JavaScript's own may not hold (`client/json-text.ts`). */

import type { JsonText } from './api.ts'
import { t } from './i18n/t.ts'

/** The string that a JSON text holds, or null when it holds another kind of value. */
export function asString(text: JsonText): string | null {
  if (!text.startsWith('"')) return null
  const value: unknown = JSON.parse(text)
  return typeof value === 'string' ? value : null
}

/** A message when the text is not JSON, or null. */
export function jsonProblem(text: string): string | null {
  try {
    JSON.parse(text)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : t('not JSON')
  }
}
