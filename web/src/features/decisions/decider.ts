import { t } from '../../lib/i18n/t.ts'
import type { Decision } from './decisions.ts'

export function deciderOf({ decided_by: by }: Decision): string {
  if (by === null) return t('Waiting for a person')
  return typeof by === 'string' ? t('Automatic') : by.name
}
