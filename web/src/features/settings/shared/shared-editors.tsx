import { Button, Group, Stack } from '@mantine/core'
import { useState } from 'react'
import { useUnsaved } from '../../../lib/forms/unsaved.ts'
import { t } from '../../../lib/i18n/t.ts'
import { EditorsSelect } from '../../../lib/ui/controls/editors-select.tsx'
import { LoadError } from '../../../lib/ui/load-error.tsx'
import { type SharedSetting, useRestrictShared } from './shared-settings.ts'

export function SharedEditors({ setting, onDone }: { setting: SharedSetting; onDone: () => void }) {
  const restrict = useRestrictShared()
  const [editors, setEditors] = useState(setting.editors)
  const isChanged = JSON.stringify(editors) !== JSON.stringify(setting.editors)
  useUnsaved(isChanged, { what: t('Shared property {name}', { name: setting.key }), discard: onDone })
  return (
    <Stack>
      <EditorsSelect
        editors={editors}
        explanation={t(
          'Only they and owners can change the property and add it to a workflow. Code of the workflows that list it already reads it as before.',
        )}
        onChange={(chosen) => setEditors(chosen && [...chosen])}
      />
      <LoadError of={restrict} />
      <Group justify="flex-end">
        <Button
          disabled={!isChanged}
          loading={restrict.isPending}
          onClick={() => restrict.mutate({ key: setting.key, editors }, { onSuccess: () => onDone() })}
        >
          {t('Save')}
        </Button>
      </Group>
    </Stack>
  )
}
