import { MultiSelect, Switch, Text } from '@mantine/core'
import { t } from '../../i18n/t.ts'
import { usePeople } from './use-people.ts'

type Props = {
  /** Null for all editors. */
  editors: readonly string[] | null
  explanation: string
  onChange: (editors: readonly string[] | null) => void
}

/** Only for owners: the server refuses others the list of people. */
export function EditorsSelect({ editors, explanation, onChange }: Props) {
  const people = usePeople()
  const choices = (people.data ?? [])
    .filter(({ id, role }) => role === 'editor' || editors?.includes(id))
    .map(({ id, name, email }) => ({ value: id, label: name === email ? name : `${name} (${email})` }))
  return (
    <>
      <Switch
        label={t('Restrict to some editors')}
        checked={editors !== null}
        onChange={(event) => onChange(event.currentTarget.checked ? [] : null)}
      />
      <Text size="sm" c="dimmed">
        {explanation}
      </Text>
      {editors === null ? null : (
        <MultiSelect
          label={t('Editors')}
          placeholder={editors.length === 0 ? t('Owners only') : undefined}
          searchable
          data={choices}
          value={[...editors]}
          onChange={onChange}
        />
      )}
    </>
  )
}
