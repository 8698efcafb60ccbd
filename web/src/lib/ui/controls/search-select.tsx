import { Select, type SelectProps } from '@mantine/core'
import type { SyntheticEvent } from 'react'
import { t } from '../../i18n/t.ts'

/** Typing replaces the text, which is selected on focus. */
export function SearchSelect(props: SelectProps) {
  return (
    <Select
      nothingFoundMessage={t('No such choice')}
      {...props}
      searchable
      onFocus={selectText}
      onClick={selectText}
      selectFirstOptionOnChange
    />
  )
}

/** The browser sets its caret after the focus. */
const selectText = ({ currentTarget }: SyntheticEvent<HTMLInputElement>): void => currentTarget.select()
