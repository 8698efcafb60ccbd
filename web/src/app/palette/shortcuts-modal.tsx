import { Kbd, Modal, Table } from '@mantine/core'
import { FORMAT_KEYS, MOD } from '../../lib/keys.ts'

const SHORTCUTS: readonly { where: string; keys: readonly { keys: string; does: string }[] }[] = [
  {
    where: 'Everywhere',
    keys: [
      { keys: `${MOD} K`, does: 'Find a workflow, a page or a command' },
      { keys: '?', does: 'Show these shortcuts' },
      { keys: 'Esc', does: 'Close the open dialog or menu' },
    ],
  },
  {
    where: 'Editor',
    keys: [
      { keys: `${MOD} S`, does: 'Save a draft' },
      { keys: `${MOD} Shift S`, does: 'Review changes and deploy' },
      { keys: `${MOD} Enter`, does: 'Run the test' },
      { keys: FORMAT_KEYS, does: 'Format the code' },
      { keys: `${MOD} Space`, does: 'Autocomplete' },
      { keys: 'Esc, then Tab', does: 'Leave the editor' },
    ],
  },
]

/** The keyboard shortcuts. */
export function ShortcutsModal({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Keyboard shortcuts">
      {SHORTCUTS.map(({ where, keys }) => (
        <Table key={where} aria-label={where} captionSide="top" mb="md">
          <Table.Caption ta="left" fw={600}>
            {where}
          </Table.Caption>
          <Table.Tbody>
            {keys.map(({ keys: shown, does }) => (
              <Table.Tr key={shown}>
                <Table.Td>{does}</Table.Td>
                <Table.Td ta="right">
                  <Kbd>{shown}</Kbd>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      ))}
    </Modal>
  )
}
