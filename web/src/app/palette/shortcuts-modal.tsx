import { Kbd, Modal, Table } from '@mantine/core'
import { t } from '../../lib/i18n/t.ts'
import { FORMAT_KEYS, MOD } from '../../lib/keys.ts'

const SHORTCUTS: readonly { where: string; keys: readonly { keys: string; does: string }[] }[] = [
  {
    where: t('Everywhere'),
    keys: [
      { keys: `${MOD} K`, does: t('Find a workflow, a page or a command') },
      { keys: '?', does: t('Show these shortcuts') },
      { keys: 'Esc', does: t('Close the open dialog or menu') },
    ],
  },
  {
    where: t('Lists of workflows and runs'),
    keys: [
      { keys: 'J', does: t('Go to the next row') },
      { keys: 'K', does: t('Go to the previous row') },
      { keys: 'Enter', does: t('Open the row') },
      { keys: 'X', does: t('Select the row') },
      { keys: '/', does: t('Go to the search') },
    ],
  },
  {
    where: t('Editor'),
    keys: [
      { keys: `${MOD} S`, does: t('Save a draft') },
      { keys: `${MOD} Shift S`, does: t('Review changes and deploy') },
      { keys: `${MOD} Enter`, does: t('Run the test') },
      { keys: FORMAT_KEYS, does: t('Format the code') },
      { keys: `${MOD} Space`, does: t('Autocomplete') },
      { keys: t('Esc, then Tab'), does: t('Leave the editor') },
    ],
  },
]

export function ShortcutsModal({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title={t('Keyboard shortcuts')}>
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
