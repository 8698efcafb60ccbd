import { ActionIcon, Button, Kbd, Modal, Table } from '@mantine/core'
import { useDisclosure, useHotkeys, useWindowEvent } from '@mantine/hooks'
import IconSearch from '@tabler/icons-react/icons/IconSearch'
import { Suspense, useState } from 'react'
import { t } from '../../lib/i18n/t.ts'
import { FORMAT_KEYS, MOD } from '../../lib/keys.ts'
import { lazyPart } from '../../lib/lazy-part.ts'

const WORDS = t('Find a workflow, a page or a command')

const Palette = lazyPart(async () => (await import('./palette.tsx')).Palette)

export function PaletteButton({ pages }: { pages: readonly { to: string; word: string }[] }) {
  const [asked, setAsked] = useState(0)
  const [shortcutsOpened, shortcuts] = useDisclosure()
  const ask = () => setAsked((before) => before + 1)
  useHotkeys([['mod+K', ask]], [], true)
  // Key codes vary between keyboard layouts.
  useWindowEvent('keydown', (event) => {
    if (event.key === '?' && !isTyping(event)) shortcuts.open()
  })
  return (
    <>
      <Button
        size="xs"
        variant="default"
        leftSection={<IconSearch size={14} aria-hidden />}
        rightSection={<Kbd size="xs">{MOD} K</Kbd>}
        aria-label={WORDS}
        onClick={ask}
        visibleFrom="sm"
      >
        {t('Find')}
      </Button>
      <ActionIcon variant="subtle" color="gray" size="lg" aria-label={WORDS} onClick={ask} hiddenFrom="sm">
        <IconSearch size={18} aria-hidden />
      </ActionIcon>
      <ShortcutsModal opened={shortcutsOpened} onClose={shortcuts.close} />
      {asked === 0 ? null : (
        <Suspense>
          <Palette pages={pages} asked={asked} onShortcuts={shortcuts.open} />
        </Suspense>
      )}
    </>
  )
}

function isTyping({ target }: KeyboardEvent): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}

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

function ShortcutsModal({ opened, onClose }: { opened: boolean; onClose: () => void }) {
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
