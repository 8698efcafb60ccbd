import { Button, Group, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { t } from '../i18n/t.ts'

const UNDO_MS = 10_000

type Undo = { id: string; message: string; onUndo: () => void }

export function notifyUndo({ id, message, onUndo }: Undo): void {
  const undo = () => {
    notifications.hide(id)
    onUndo()
  }
  notifications.hide(id)
  notifications.show({
    id,
    autoClose: UNDO_MS,
    color: 'gray',
    message: (
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm" className="wrap">
          {message}
        </Text>
        <Button size="compact-sm" variant="default" onClick={undo} style={{ flexShrink: 0 }}>
          {t('Undo')}
        </Button>
      </Group>
    ),
  })
}
