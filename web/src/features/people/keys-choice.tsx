import { Button, Checkbox, Group, Modal, Stack, Text } from '@mantine/core'
import { t } from '../../lib/i18n/t.ts'
import { RowsSkeleton } from '../../lib/ui/rows-skeleton.tsx'
import type { ApiKey } from './api-keys.ts'

type Choice = { keys: readonly ApiKey[] | null; keep: boolean; onKeep: (keep: boolean) => void }

/** A removed person may know API keys. */
export function KeysChoice({ keys, keep, onKeep }: Choice) {
  if (keys === null) return <RowsSkeleton rows={1} />
  if (keys.length === 0) return null
  return (
    <Stack gap="xs" mt="sm">
      <Text size="sm" className="wrap">
        {t('API keys created by this person: {names}', { names: keys.map(({ name }) => name).join(', ') })}
      </Text>
      <Checkbox
        size="sm"
        label={t('Keep these keys active')}
        description={t(
          'Anyone who has a key can use it. Otherwise these keys, and the keys created with them, are revoked immediately.',
        )}
        checked={keep}
        onChange={(event) => onKeep(event.currentTarget.checked)}
      />
    </Stack>
  )
}

type DialogProps = Choice & { name: string; opened: boolean; onClose: () => void; onConfirm: () => void }

export function OtherRoleDialog({ name, opened, onClose, onConfirm, ...choice }: DialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={t('{name} will no longer be an owner', { name })} centered>
      <KeysChoice {...choice} />
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onClose} data-autofocus>
          {t('Cancel')}
        </Button>
        <Button onClick={onConfirm} disabled={choice.keys === null}>
          {t('Change role')}
        </Button>
      </Group>
    </Modal>
  )
}
