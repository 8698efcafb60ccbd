import { Anchor, Drawer } from '@mantine/core'
import { LANGUAGE } from '../../i18n/language.ts'
import { t } from '../../i18n/t.ts'
import type { Language } from '../../kinds.ts'
import { docsPage, inLanguage } from './docs-page.ts'
import { Guide } from './guide.tsx'

const GUIDES = import.meta.glob<string>('../../../../../docs/{guides,fr/guides}/{functions,javascript}.md', {
  query: '?raw',
  import: 'default',
  eager: true,
})
const guide = (name: string): string => GUIDES[`../../../../../docs/${name}.md`] ?? ''

type Props = { language: Language; opened: boolean; onClose: () => void }

export function GuideDrawer({ language, opened, onClose }: Props) {
  const page = language === 'python' ? 'guides/functions' : 'guides/javascript'
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      position="right"
      size={480}
      title={t('Writing functions')}
      closeButtonProps={{ 'aria-label': t('Close') }}
      withOverlay={false}
      lockScroll={false}
      trapFocus={false}
      closeOnClickOutside={false}
    >
      <Guide markdown={guide(inLanguage(page))} lang={LANGUAGE} />
      <Anchor size="sm" href={docsPage(page)} target="_blank">
        {t('Open the documentation')}
      </Anchor>
    </Drawer>
  )
}
