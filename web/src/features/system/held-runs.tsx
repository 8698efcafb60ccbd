import { Alert, Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import IconPlayerPause from '@tabler/icons-react/icons/IconPlayerPause'
import { api, type Body } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'
import { useChange } from '../../lib/client/use-change.ts'
import { t } from '../../lib/i18n/t.ts'
import { notifyDone, notifyError } from '../../lib/notices/notify.ts'

type Action = Body<'post', '/api/system/held-runs'>['action']

/** A restored backup holds waiting runs until an owner decides. */
export function HeldRuns({ count }: { count: number }) {
  const [isAsked, question] = useDisclosure()
  const settle = useSettleHeld()
  const start = (action: Action) => settle.mutate(action, { onError: notifyError, onSettled: question.close })
  return (
    <Alert
      color="yellow"
      variant="light"
      icon={<IconPlayerPause aria-hidden />}
      aria-label={t('Waiting runs are held')}
    >
      <Stack gap="xs" align="flex-start">
        <Text fw={600}>{t('Waiting runs are held')}</Text>
        <Text size="sm">
          {t(
            '{count, plural, one {# run is held} other {# runs are held}} since a backup was restored. Runs that you release do again what they did after the backup. Runs that you cancel end.',
            { count },
          )}
        </Text>
        <Group gap="xs">
          <Button size="xs" loading={settle.isPending} onClick={() => start('release')}>
            {t('Release the runs')}
          </Button>
          <Button size="xs" variant="default" disabled={settle.isPending} onClick={question.open}>
            {t('Cancel the runs')}
          </Button>
        </Group>
      </Stack>
      <Modal opened={isAsked} onClose={question.close} title={t('Cancel the held runs?')}>
        <Stack>
          <Text size="sm">{t('They end as cancelled, and so do their tasks. This cannot be undone.')}</Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={question.close}>
              {t('Keep them')}
            </Button>
            <Button color="red" loading={settle.isPending} onClick={() => start('cancel')}>
              {t('Cancel the runs')}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </Alert>
  )
}

const useSettleHeld = () =>
  useChange([queryKeys.operation], (action: Action) => api.post('/api/system/held-runs', { body: { action } }), {
    onSuccess: ({ runs }, action) =>
      notifyDone(
        action === 'release'
          ? t('{runs, plural, one {# run} other {# runs}} released.', { runs })
          : t('{runs, plural, one {# run} other {# runs}} cancelled.', { runs }),
      ),
  })
