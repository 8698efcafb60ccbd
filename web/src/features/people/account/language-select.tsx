import { Select } from '@mantine/core'
import { LANGUAGES } from '../../../lib/i18n/language.ts'
import { t } from '../../../lib/i18n/t.ts'
import { useMe } from '../../../lib/requests/get-me.ts'
import { useSetLanguage } from '../../../lib/requests/set-language.ts'

const BROWSER = 'browser'
const NAMES = Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))

export function LanguageSelect() {
  const me = useMe()
  const set = useSetLanguage()
  return (
    <Select
      label={t('Language')}
      description={t('For the app and for emails to you.')}
      data={[{ value: BROWSER, label: t('As the browser') }, ...NAMES]}
      value={me.data?.language ?? BROWSER}
      onChange={(value) => set.mutate(value === 'en' || value === 'fr' ? value : null)}
      disabled={me.data === undefined || set.isPending}
      allowDeselect={false}
    />
  )
}
