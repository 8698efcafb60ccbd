import { MultiSelect } from '@mantine/core'
import { t } from '../../../lib/i18n/t.ts'
import { notifyError } from '../../../lib/notices/notify.ts'
import { useMay, useMe } from '../../../lib/requests/get-me.ts'
import type { Workflow } from '../../../lib/requests/get-workflow.ts'
import { useUpdateWorkflow } from '../../../lib/requests/update-workflow.ts'
import { useSharedSettings } from './shared-settings.ts'

export function SharedChoice({ workflow }: { workflow: Workflow }) {
  const settings = useSharedSettings()
  const update = useUpdateWorkflow(workflow.id)
  const mayWrite = useMay('write')
  const chosen = workflow.shared_settings
  const me = useMe().data
  const known = (settings.data ?? [])
    .filter(({ editors }) => editors === null || me?.role === 'owner' || editors.includes(me?.id ?? ''))
    .map(({ key }) => key)
  if (known.length === 0 && chosen.length === 0) return null
  return (
    <MultiSelect
      px="md"
      pb="sm"
      size="sm"
      label={t('Shared properties')}
      description={t('Read like properties of this workflow, and changed for all workflows under Settings.')}
      placeholder={chosen.length === 0 ? t('None') : undefined}
      data={[...new Set([...known, ...chosen])]}
      value={chosen}
      searchable
      clearable
      disabled={!mayWrite || update.isPending}
      onChange={(keys) => update.mutate({ shared_settings: keys }, { onError: notifyError })}
    />
  )
}
