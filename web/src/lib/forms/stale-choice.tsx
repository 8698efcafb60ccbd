import { Alert, Button, Group } from '@mantine/core'
import type { ReactNode } from 'react'
import { t } from '../i18n/t.ts'

type Props = { title?: string; children: ReactNode; onKeepMine: () => void; onTakeTheirs: () => void }

/** Shows what someone else changed during an edit, with the choice between both values. */
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
