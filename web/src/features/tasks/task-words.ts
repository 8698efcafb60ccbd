import { t } from '../../lib/i18n/t.ts'
import { visible } from '../../lib/text.ts'
import type { Task } from './tasks.ts'

/** The function wrote titles, choices and data, except for a decision's task. */
export const titleOf = ({ title, decision }: Task): string =>
  visible(decision === null ? title : t('Decision: {outcome}', { outcome: decision.proposed }))

const MEMBERS: Readonly<Record<string, string>> = {
  subject: t('Person'),
  inputs: t('Data'),
  model: t('Model'),
  score: t('Score'),
}

export const memberNames = ({ decision }: Task): ((member: string) => string) =>
  decision === null ? visible : (member) => MEMBERS[member] ?? visible(member)
