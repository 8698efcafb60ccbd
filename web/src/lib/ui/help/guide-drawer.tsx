import { Drawer } from '@mantine/core'
import french from '../../../../../docs/guides/functions.fr.md?raw'
import english from '../../../../../docs/guides/functions.md?raw'
import scripts from '../../../../../docs/guides/javascript.md?raw'
import { LANGUAGE } from '../../i18n/language.ts'
import { t } from '../../i18n/t.ts'
import type { Language } from '../../kinds.ts'
import { Guide } from './guide.tsx'

type Props = { language: Language; opened: boolean; onClose: () => void }

/** The guide to writing functions, beside the code: the page stays in use. */
export function GuideDrawer({ language, opened, onClose }: Props) {
  const isFrench = LANGUAGE === 'fr' && language === 'python'
  const markdown = language === 'python' ? (isFrench ? french : english) : scripts
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
      <Guide markdown={markdown} lang={isFrench ? 'fr' : 'en'} />
    </Drawer>
  )
}
