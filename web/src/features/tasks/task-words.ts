import { t } from '../../lib/i18n/t.ts'
import { visible } from '../../lib/text.ts'
import type { Task } from './tasks.ts'

/** Functions write titles, choices and data in their own words. The task of a decision is the server's. */
export const titleOf = ({ title, decision }: Task): string =>
  visible(decision === null ? title : t('Decision: {outcome}', { outcome: decision.proposed }))

const MEMBERS: Readonly<Record<string, string>> = {
  subject: t('Person'),
  inputs: t('Data'),
  model: t('Model'),
  score: t('Score'),
}

/** Names the members of the data of a task. */
export const memberNames = ({ decision }: Task): ((member: string) => string) =>
  decision === null ? visible : (member) => MEMBERS[member] ?? visible(member)
