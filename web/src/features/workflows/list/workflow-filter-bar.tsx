import { CloseButton, Group, SegmentedControl, Select, Switch, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import IconSearch from '@tabler/icons-react/icons/IconSearch'
import { useState } from 'react'
import { t } from '../../../lib/i18n/t.ts'
import { useSearchKey } from '../../../lib/ui/controls/use-list-keys.ts'
import { useTags } from './get-workflows.ts'
import type { useWorkflowFilter } from './workflow-filter.ts'

type Props = Pick<ReturnType<typeof useWorkflowFilter>, 'filter' | 'set'>

const SORT_LABELS = [
  { value: 'created', label: t('Newest first') },
  { value: 'updated', label: t('Last changed first') },
  { value: 'name', label: t('By name') },
]

export function WorkflowFilterBar({ filter, set }: Props) {
  const tags = useTags()
  return (
    <Group gap="sm">
      <NameInput q={filter.q ?? ''} onSearch={(q) => set({ q })} />
      <SegmentedControl
        value={filter.kind ?? 'all'}
        onChange={(kind) => set({ kind: kind === 'all' ? null : kind })}
        aria-label={t('Kind')}
        data={[
          { value: 'all', label: t('All') },
          { value: 'catch', label: t('Catch') },
          { value: 'pull', label: t('Pull') },
        ]}
      />
      {tags.length === 0 && filter.tag == null ? null : (
        <Select
          aria-label={t('Tag')}
          placeholder={t('Any tag')}
          clearable
          maw={170}
          value={filter.tag ?? null}
          onChange={(tag) => set({ tag })}
          data={[...new Set([...tags, ...(filter.tag == null ? [] : [filter.tag])])].sort()}
        />
      )}
      <Select
        aria-label={t('Order')}
        maw={180}
        allowDeselect={false}
        value={filter.sort ?? 'created'}
        onChange={(sort) => set({ sort: sort === 'created' ? null : sort })}
        data={SORT_LABELS}
      />
      <Switch
        label={t('Archived')}
        checked={filter.archived === true}
        onChange={(event) => set({ archived: event.currentTarget.checked ? 'true' : null })}
      />
    </Group>
  )
}

function NameInput({ q, onSearch }: { q: string; onSearch: (q: string) => void }) {
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
  }, 200)
  const change = (value: string) => {
    setText(value)
    searchLater(value)
  }
  return (
    <TextInput
      ref={field}
      value={text}
      onChange={(event) => change(event.currentTarget.value)}
      aria-label={t('Find a workflow by its name')}
      placeholder={t('Find by name')}
      leftSection={<IconSearch size={15} aria-hidden />}
      rightSection={
        text === '' ? null : <CloseButton size="sm" aria-label={t('Clear the search')} onClick={() => change('')} />
      }
      flex="1 1 180px"
      maw={320}
      maxLength={200}
    />
  )
}
