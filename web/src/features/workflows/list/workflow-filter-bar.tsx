import { Group, SegmentedControl, Select, Switch } from '@mantine/core'
import { t } from '../../../lib/i18n/t.ts'
import { SearchInput } from '../../../lib/ui/controls/search-input.tsx'
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
      <SearchInput
        aria-label={t('Find a workflow by its name')}
        placeholder={t('Find by name')}
        q={filter.q ?? ''}
        onSearch={(q) => set({ q })}
        delayMs={200}
        flex="1 1 180px"
        maw={320}
      />
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
