import { Table, Text } from '@mantine/core'
import { asString } from '../json-text.ts'
import type { SettingsChange } from '../requests/run.ts'
import { visible } from '../text.ts'

/** Keys that a run changed, before and after. */
export function SettingsChangesView({ changes }: { changes: readonly SettingsChange[] }) {
  return (
    <Table layout="fixed" aria-label="Settings changed" horizontalSpacing="md">
      <Table.Thead>
        <Table.Tr>
          <Table.Th w="30%">Name</Table.Th>
          <Table.Th>Before</Table.Th>
          <Table.Th>After</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {changes.map((change) => (
          <Table.Tr key={change.key}>
            <Table.Td className="mono wrap">{visible(change.key)}</Table.Td>
            <Table.Td>
              <SettingText text={change.old} />
            </Table.Td>
            <Table.Td>
              <SettingText text={change.new} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}

const CUT = 300

/** A value as JSON text; strings in quotes, so that "1" and 1 look different. */
export function SettingText({ text }: { text: string | null }) {
  if (text === null)
    return (
      <Text size="sm" c="dimmed" title="It did not exist, was deleted, or is secret">
        —
      </Text>
    )
  const shown = visible(text)
  return (
    <Text size="sm" className="mono wrap" title={asString(text) === null ? 'JSON' : 'text'}>
      {shown.length > CUT ? `${shown.slice(0, CUT)}…` : shown}
    </Text>
  )
}
