import { Alert } from '@mantine/core'
import type { ReactNode } from 'react'
import { t } from '../../i18n/t.ts'
import { MayEdit, useMe } from '../../requests/get-me.ts'
import type { Workflow } from '../../requests/get-workflow.ts'

type Props = { workflow: Pick<Workflow, 'editors'> | undefined; says?: boolean; children: ReactNode }

/** `says` shows the reason. */
export function EditorsOnly({ workflow, says = false, children }: Props) {
  const me = useMe().data
  const editors = workflow?.editors ?? null
  const mayEdit = editors === null || me === undefined || me.role === 'owner' || editors.includes(me.id)
  return (
    <MayEdit value={mayEdit}>
      {says && !mayEdit && me.role === 'editor' ? (
        <Alert color="gray" variant="light" mb="md">
          {t('Only owners and the editors of this workflow can change and run it.')}
        </Alert>
      ) : null}
      {children}
    </MayEdit>
  )
}
