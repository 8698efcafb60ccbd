import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { t } from '../../../../lib/i18n/t.ts'
import { useMay } from '../../../../lib/requests/get-me.ts'
import { useCreateView, type View } from './requests.ts'
import { ViewModal } from './view-form.tsx'

export function SaveView({ filters, onSaved }: { filters: string; onSaved: (view: View) => void }) {
  const [opened, { open, close }] = useDisclosure()
  const create = useCreateView()
  const start = () => {
    create.reset()
    open()
  }
  const onSuccess = (view: View) => {
    close()
    onSaved(view)
  }
  return (
    <>
      <Button size="compact-sm" variant="subtle" onClick={start} style={{ flexShrink: 0 }}>
        {t('Save view')}
      </Button>
      <ViewModal
        title={t('Save view')}
        opened={opened}
        onClose={close}
        first={{ name: '', shared: false }}
        mayShare={useMay('write')}
        isPending={create.isPending}
        error={create.error}
        onSave={(fields) => create.mutate({ ...fields, search: filters }, { onSuccess })}
      />
    </>
  )
}
