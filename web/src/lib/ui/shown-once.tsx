import { Alert, Group, Text } from '@mantine/core'
import { CopyIcon } from './controls/copy-button.tsx'

type Props = { title: string; value: string; what: string; note?: string }

export function ShownOnce({ title, value, what, note }: Props) {
  return (
    <Alert color="green" variant="light" title={title}>
      <Group gap="xs" wrap="nowrap">
        <code className="mono wrap">{value}</code>
        <CopyIcon value={value} what={what} />
      </Group>
      {note === undefined ? null : (
        <Text size="sm" c="dimmed" mt={4}>
          {note}
        </Text>
      )}
    </Alert>
  )
}
