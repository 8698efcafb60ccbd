import { ActionIcon, Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import IconX from '@tabler/icons-react/icons/IconX'
import { api } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'
import { useChange } from '../../lib/client/use-change.ts'
import { t } from '../../lib/i18n/t.ts'
import { notifyError } from '../../lib/notices/notify.ts'
import { notifyUndo } from '../../lib/notices/notify-undo.tsx'
import type { Setting } from '../../lib/requests/get-settings.ts'
import { usePutSetting } from '../../lib/requests/put-setting.ts'
import { visible } from '../../lib/text.ts'

/** A known value can be restored. */
export function DeleteProperty({ workflowId, setting }: { workflowId: string; setting: Setting }) {
  const remove = useDeleteSetting(workflowId)
  const put = usePutSetting(workflowId)
  const [asking, { open, close }] = useDisclosure()
  const { key, value } = setting
  // `mutate` would lose its callbacks if the row unmounts first.
  const undo = () =>
    void put.mutateAsync({ key, value: value ?? 'null', secret: false, base_revision: 0 }).catch(notifyError)
  const run = () => {
    close()
    const onDone = () => {
      if (!setting.secret) notifyUndo({ id: key, message: t('{key} deleted.', { key: visible(key) }), onUndo: undo })
    }
    void remove.mutateAsync(setting).then(onDone, notifyError)
  }
  return (
    <>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={t('Delete {key}', { key: visible(key) })}
        loading={remove.isPending}
        onClick={setting.secret ? open : run}
      >
        <IconX size={16} aria-hidden />
      </ActionIcon>
      <Modal opened={asking} onClose={close} title={t('Delete “{key}”?', { key: visible(key) })} centered>
        <Stack>
          <Text size="sm">{t('Its secret value can’t be recovered.')}</Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={close} data-autofocus>
              {t('Cancel')}
            </Button>
            <Button color="red" onClick={run}>
              {t('Delete')}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  )
}

const useDeleteSetting = (workflowId: string) =>
  useChange([queryKeys.settings(workflowId)], ({ key, revision }: Setting) => {
    const path = { id: workflowId, key }
    return api.delete('/api/workflows/{id}/settings/{key}', { path, query: { base_revision: revision } })
  })
