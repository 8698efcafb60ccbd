import { Alert } from '@mantine/core'
import type { ReactNode } from 'react'
import { LOCALE } from '../../i18n/language.ts'
import { t } from '../../i18n/t.ts'
import { MayEdit, useMe } from '../../requests/get-me.ts'
import type { Workflow } from '../../requests/get-workflow.ts'
import { visible } from '../../text.ts'

const NAMES = new Intl.ListFormat(LOCALE, { type: 'disjunction' })

type Props = { workflow: Pick<Workflow, 'editors' | 'contacts'> | undefined; says?: boolean; children: ReactNode }

/** `says` shows the reason. */
export function EditorsOnly({ workflow, says = false, children }: Props) {
  const me = useMe().data
  const editors = workflow?.editors ?? null
  const contacts = (workflow?.contacts ?? []).map(visible)
  const mayEdit = editors === null || me === undefined || me.role === 'owner' || editors.includes(me.id)
  return (
    <MayEdit value={mayEdit}>
      {says && !mayEdit && me.role === 'editor' ? (
        <Alert color="gray" variant="light" mb="md">
          {t('Only owners and the editors of this workflow can change and run it.')}{' '}
          {contacts.length === 0 ? null : t('Ask {names}.', { names: NAMES.format(contacts) })}
        </Alert>
      ) : null}
      {children}
    </MayEdit>
  )
}
