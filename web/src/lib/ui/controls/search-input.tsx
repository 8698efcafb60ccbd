import { CloseButton, TextInput, type TextInputProps } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import IconSearch from '@tabler/icons-react/icons/IconSearch'
import { useState } from 'react'
import { t } from '../../i18n/t.ts'
import { useSearchKey } from './use-list-keys.ts'

type Props = Pick<TextInputProps, 'aria-label' | 'placeholder' | 'flex' | 'maw'> & {
  q: string
  onSearch: (q: string) => void
  delayMs: number
}

export function SearchInput({ q, onSearch, delayMs, ...input }: Props) {
  const field = useSearchKey()
  const [text, setText] = useState(q)
  const [sent, setSent] = useState(q)
  // A saved view or the history changed the address.
  if (q !== sent) {
    setSent(q)
    setText(q)
  }
  const searchLater = useDebouncedCallback((value: string) => {
    setSent(value.trim())
    onSearch(value.trim())
  }, delayMs)
  const change = (value: string) => {
    setText(value)
    searchLater(value)
  }
  return (
    <TextInput
      {...input}
      ref={field}
      value={text}
      onChange={(event) => change(event.currentTarget.value)}
      leftSection={<IconSearch size={15} aria-hidden />}
      rightSection={
        text === '' ? null : <CloseButton size="sm" aria-label={t('Clear the search')} onClick={() => change('')} />
      }
      maxLength={200}
    />
  )
}
