/** JavaScript may not represent users' numbers (`client/json-text.ts`). */

import type { JsonText } from './client/api.ts'
import { t } from './i18n/t.ts'

export function asString(text: JsonText): string | null {
  if (!text.startsWith('"')) return null
  const value: unknown = JSON.parse(text)
  return typeof value === 'string' ? value : null
}

export function jsonProblem(text: string): string | null {
  try {
    JSON.parse(text)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : t('not JSON')
  }
}
