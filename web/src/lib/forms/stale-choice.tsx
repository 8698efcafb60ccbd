import { Alert, Button, Group, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { t } from '../i18n/t.ts'
import { visible } from '../text.ts'

type Props = { title?: string; children: ReactNode; onKeepMine: () => void; onTakeTheirs: () => void }

export function StaleChoice({ title, children, onKeepMine, onTakeTheirs }: Props) {
  return (
    <Alert color="yellow" variant="light" mt={6} p={title === undefined ? 'xs' : undefined} role="status" title={title}>
      {children}
      <Group gap="xs" mt="xs">
        <Button size="compact-sm" variant="default" onClick={onTakeTheirs}>
          {t('Use theirs')}
        </Button>
        <Button size="compact-sm" variant="default" color="red" onClick={onKeepMine}>
          {t('Keep mine')}
        </Button>
      </Group>
    </Alert>
  )
}

export function StaleValue({ field, value }: { field: string; value: unknown }) {
  return (
    <Text size="sm" className="wrap">
      {t('{replaceAll} is now {visible}', {
        replaceAll: field.replaceAll('_', ' '),
        visible: visible(JSON.stringify(value).slice(0, 300)),
      })}
    </Text>
  )
}
