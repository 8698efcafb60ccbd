import { t } from '../../lib/i18n/t.ts'

const WORDS: Readonly<Record<string, string>> = { approve: t('Approve'), reject: t('Reject') }

/** The function names its choices. The app translates those that it gets when the function names none. */
export const choiceWord = (choice: string): string => WORDS[choice] ?? choice
