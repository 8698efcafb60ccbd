import { Select, type SelectProps } from '@mantine/core'
import type { SyntheticEvent } from 'react'
import { t } from '../../i18n/t.ts'

/** The text is selected on focus, so that typing replaces it. */
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

/** Handles clicks too, because the browser sets its caret after the focus. */
const selectText = ({ currentTarget }: SyntheticEvent<HTMLInputElement>): void => currentTarget.select()
