import { Button, Group, Select } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { t } from '../../../lib/i18n/t.ts'
import { RUN_STATUSES, TRIGGERS } from '../../../lib/requests/runs/run.ts'
import { SearchInput } from '../../../lib/ui/controls/search-input.tsx'
import { statusWord } from '../../../lib/ui/runs/status.tsx'
import { useIsNarrow } from '../../../lib/ui/use-is-narrow.ts'
import { wordOf } from '../../../lib/words.ts'
import { MoreFilters } from './more-filters.tsx'
import { isRange, RANGES, type Range, spanWords, type useRunFilter } from './run-filter.ts'

const SEARCH_DELAY_MS = 300
const STATES = [
  { value: 'failing', label: t('All failures') },
  ...RUN_STATUSES.map((value) => ({ value, label: statusWord(value) })),
]
const TIMES = (Object.keys(RANGES) as Range[]).map((value) => ({ value, label: RANGES[value].label }))
const CHOSEN = 'chosen'
const CHOICE = { flex: '1 1 140px', maw: 170 }

type Props = Pick<ReturnType<typeof useRunFilter>, 'filter' | 'range' | 'span' | 'set' | 'workflowId'> & {
  children?: ReactNode
}

/** On a phone, buttons hide filters and charts, so that the list is visible. */
export function FilterBar({ charts, children, ...props }: Props & { charts: ReactNode }) {
  const { filter, set } = props
  const search = (
    <SearchInput
      aria-label={t('Search runs')}
      placeholder={t('Search requests, responses, errors and logs')}
      q={filter.q ?? ''}
      onSearch={(q) => set({ q })}
      delayMs={SEARCH_DELAY_MS}
      flex="1 1 280px"
      maw={{ sm: 420 }}
    />
  )
  const selects = (
    <>
      {children}
      <Selects {...props} />
    </>
  )
  const isNarrow = useIsNarrow()
  if (isNarrow) return <NarrowBar search={search} selects={selects} charts={charts} count={countFilters(props)} />
  return (
    <>
      {charts}
      <Group gap="sm">
        {search}
        {selects}
      </Group>
    </>
  )
}

type NarrowProps = Readonly<Record<'search' | 'selects' | 'charts', ReactNode>> & { count: number }

function NarrowBar({ search, selects, charts, count }: NarrowProps) {
  const [shown, setShown] = useState<'filters' | 'charts' | null>(null)
  const button = (part: 'filters' | 'charts', words: string) => (
    <Button
      variant="default"
      bg={shown === part ? 'var(--mantine-color-default-hover)' : undefined}
      fw={400}
      flex={1}
      aria-expanded={shown === part}
      onClick={() => setShown(shown === part ? null : part)}
    >
      {words}
    </Button>
  )
  return (
    <>
      <Group gap="sm">{search}</Group>
      <Group gap="sm">
        {button('filters', count === 0 ? t('Filters') : t('Filters ({count})', { count }))}
        {button('charts', t('Charts'))}
      </Group>
      {shown === 'filters' ? <Group gap="sm">{selects}</Group> : null}
      {shown === 'charts' ? charts : null}
    </>
  )
}

/** The search has its own field, a span is one filter. */
function countFilters({ filter, workflowId }: Pick<Props, 'filter' | 'workflowId'>): number {
  const { q: _, until: __, ...others } = filter
  return [workflowId, ...Object.values(others)].filter((value) => value != null && value !== '').length
}

function Selects({ filter, range, span, set }: Omit<Props, 'workflowId' | 'children'>) {
  return (
    <>
      <Select
        aria-label={t('State')}
        placeholder={t('Any state')}
        clearable
        {...CHOICE}
        value={filter.failing ? 'failing' : (filter.status ?? null)}
        onChange={(status) => set({ status })}
        data={STATES}
        maxDropdownHeight={320}
      />
      <Select
        aria-label={t('Trigger')}
        placeholder={t('Any trigger')}
        clearable
        {...CHOICE}
        value={filter.trigger ?? null}
        onChange={(trigger) => set({ trigger })}
        data={TRIGGERS.map((value) => ({ value, label: value === 'test' ? t('Test') : wordOf(value) }))}
      />
      <Select
        aria-label={t('Time')}
        placeholder={t('Any time')}
        clearable
        {...CHOICE}
        maw={span === null ? CHOICE.maw : 360}
        value={span === null ? range : CHOSEN}
        onChange={(value) => set({ since: null, until: null, range: isRange(value) ? value : null })}
        data={span === null ? TIMES : [{ value: CHOSEN, label: spanWords(span) }, ...TIMES]}
      />
      <MoreFilters filter={filter} set={set} />
    </>
  )
}
