import { Button, Checkbox, Group, Modal, Stack, Text } from '@mantine/core'
import type { ApiKey } from './api-keys.ts'

type Choice = { keys: readonly ApiKey[]; keep: boolean; onKeep: (keep: boolean) => void }

/** What becomes of the API keys that somebody made who is about to leave: their maker may know them. */
export function KeysChoice({ keys, keep, onKeep }: Choice) {
  if (keys.length === 0) return null
  return (
    <Stack gap="xs" mt="sm">
      <Text size="sm" className="wrap">
        API keys that this person made: {keys.map(({ name }) => name).join(', ')}
      </Text>
      <Checkbox
        size="sm"
        label="Keep them working"
        description="Whoever knows a key can use it. Otherwise they end at once, with the keys that were made by them."
        checked={keep}
        onChange={(event) => onKeep(event.currentTarget.checked)}
      />
    </Stack>
  )
}

type DialogProps = Choice & { name: string; opened: boolean; onClose: () => void; onConfirm: () => void }

/** Asks what becomes of an owner's keys before another role is given. */
export function OtherRoleDialog({ name, opened, onClose, onConfirm, ...choice }: DialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={`${name} will be no owner any more`} centered>
      <KeysChoice {...choice} />
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onClose} data-autofocus>
          Cancel
        </Button>
        <Button onClick={onConfirm}>Change the role</Button>
      </Group>
    </Modal>
  )
}
