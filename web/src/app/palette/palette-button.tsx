import { ActionIcon, Button, Kbd } from '@mantine/core'
import { useDisclosure, useHotkeys, useWindowEvent } from '@mantine/hooks'
import IconSearch from '@tabler/icons-react/icons/IconSearch'
import { Suspense, useState } from 'react'
import { t } from '../../lib/i18n/t.ts'
import { MOD } from '../../lib/keys.ts'
import { lazyPart } from '../../lib/lazy-part.ts'
import { ShortcutsModal } from './shortcuts-modal.tsx'

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
