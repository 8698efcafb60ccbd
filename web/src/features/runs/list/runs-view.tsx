import { Button, Group, Loader, Stack, Text } from '@mantine/core'
import { useCallback, useEffect, useState, useSyncExternalStore } from 'react'
import { t } from '../../../lib/i18n/t.ts'
import type { RunFilter } from '../../../lib/requests/runs/get-runs.ts'
import type { RunSummary } from '../../../lib/requests/runs/run.ts'
import { exactTime } from '../../../lib/time.ts'
import { RunCharts } from '../../../lib/ui/charts/run-charts.tsx'
import { WorkflowSelect } from '../../../lib/ui/controls/workflow-select.tsx'
import { Empty } from '../../../lib/ui/empty.tsx'
import { LoadError } from '../../../lib/ui/load-error.tsx'
import { RowsSkeleton } from '../../../lib/ui/rows-skeleton.tsx'
import { FilterBar } from './filter-bar.tsx'
import { chartTime, useRunFilter } from './run-filter.ts'
import type { RunList } from './run-list.ts'
import { RunRows } from './run-rows.tsx'
import { RunsBar } from './runs-bar.tsx'
import classes from './runs-view.module.css'
import { useRunList } from './use-run-list.ts'

export function RunsView({ workflowId: fixedId }: { workflowId: string | null }) {
  const { filter, range, span, isFiltered, workflowId: chosenId, set } = useRunFilter()
  const workflowId = fixedId ?? chosenId
  const { time, words } = chartTime(range, span)
  return (
    <Stack gap="sm">
      <FilterBar
        filter={filter}
        range={range}
        span={span}
        set={set}
        workflowId={chosenId}
        charts={
          <RunCharts
            workflowId={workflowId}
            time={time}
            timeWords={words}
            onChoose={(chosen) => set({ ...chosen, range: null })}
          />
        }
      >
        {fixedId === null ? <WorkflowSelect value={chosenId} onChange={(workflow) => set({ workflow })} /> : null}
      </FilterBar>
      <List
        key={JSON.stringify([workflowId, filter])}
        workflowId={workflowId}
        isNamed={fixedId === null}
        filter={filter}
        isFiltered={isFiltered || chosenId !== null}
      />
    </Stack>
  )
}

type ListProps = { workflowId: string | null; isNamed: boolean; filter: RunFilter; isFiltered: boolean }

function List({ workflowId, isNamed, filter, isFiltered }: ListProps) {
  const isReading = useIsScrolled()
  const { list, error, retry, newer, more, remove } = useRunList(workflowId, filter, isReading)
  const { mutate: loadMore, isPending, isError } = more
  const isSearch = (filter.q ?? '') !== ''
  const cursor = list?.cursor ?? null
  const { isOn, stop, start } = useSearchOn(isSearch && cursor !== null && !isPending && !isError, list, () => {
    if (cursor !== null) loadMore(cursor)
  })
  const onEnd = useCallback(() => {
    if (cursor !== null && !isPending && !isError && !isSearch) loadMore(cursor)
  }, [cursor, isPending, isError, isSearch, loadMore])
  return (
    <>
      {newer === 0 ? null : (
        <Button size="xs" className={classes.newer} onClick={() => window.scrollTo({ top: 0 })}>
          {t('{newer, plural, one {# new run} other {# new runs}}', { newer })}
        </Button>
      )}
      <LoadError of={{ error, refetch: retry }} />
      {list === undefined && error === null ? <RowsSkeleton rows={8} height={40} /> : null}
      {list === undefined || list.rows.length > 0 ? null : (
        <NoRuns isFiltered={isFiltered} isOver={cursor === null} isOn={isOn} />
      )}
      {list === undefined || list.rows.length === 0 ? null : (
        <ChosenRows runs={list.rows} isNamed={isNamed} wanted={filter.q ?? ''} onEnd={onEnd} onDeleted={remove} />
      )}
      <LoadError of={{ error: more.error, refetch: () => cursor !== null && loadMore(cursor) }} />
      {isSearch && cursor !== null ? (
        <SearchProgress searchedBackTo={list?.searchedBackTo ?? null} isOn={isOn} onStart={start} onStop={stop} />
      ) : null}
      {isPending && !isSearch ? <RowsSkeleton rows={2} height={40} /> : null}
    </>
  )
}

type RowsProps = {
  runs: readonly RunSummary[]
  isNamed: boolean
  wanted: string
  onEnd: () => void
  onDeleted: (ids: ReadonlySet<string>) => void
}

function ChosenRows({ runs, isNamed, wanted, onEnd, onDeleted }: RowsProps) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(NONE)
  const choose = useCallback(
    (id: string, isChosen: boolean) =>
      setChosen((now) => new Set(isChosen ? [...now, id] : [...now].filter((each) => each !== id))),
    [],
  )
  const selected = runs.filter(({ id }) => chosen.has(id))
  return (
    <>
      {selected.length === 0 ? null : (
        <RunsBar
          chosen={selected}
          onAll={() => setChosen(new Set(runs.map(({ id }) => id)))}
          onClear={() => setChosen(NONE)}
          onDeleted={(deleted) => onDeleted(new Set(deleted.map(({ id }) => id)))}
        />
      )}
      <RunRows runs={runs} isNamed={isNamed} wanted={wanted} chosen={chosen} onChoose={choose} onEnd={onEnd} />
    </>
  )
}

const NONE: ReadonlySet<string> = new Set()

type ProgressProps = { searchedBackTo: string | null; isOn: boolean; onStart: () => void; onStop: () => void }

function SearchProgress({ searchedBackTo, isOn, onStart, onStop }: ProgressProps) {
  return (
    <Group gap="sm" role="status">
      {isOn ? <Loader size={14} /> : null}
      <Text size="sm" c="dimmed">
        {t(isOn ? 'Searching back to {time}' : 'Searched back to {time}', {
          time: searchedBackTo === null ? t('now') : exactTime(searchedBackTo),
        })}
        {isOn ? '…' : '.'}
      </Text>
      <Button size="xs" variant="default" onClick={isOn ? onStop : onStart}>
        {isOn ? t('Stop') : t('Keep searching')}
      </Button>
    </Group>
  )
}

function NoRuns({ isFiltered, isOver, isOn }: { isFiltered: boolean; isOver: boolean; isOn: boolean }) {
  if (!isOver) {
    return (
      <Empty title={t('No match yet')}>
        {isOn ? t('Older runs are being searched.') : t('No match in the runs searched so far.')}
      </Empty>
    )
  }
  return isFiltered ? (
    <Empty title={t('No matching runs')}>{t('Change or clear the filters.')}</Empty>
  ) : (
    <Empty title={t('No runs yet')}>
      {t('Runs appear here when a hook is called, a schedule is due, or you test the code under Function.')}
    </Empty>
  )
}

const SCROLLED_PX = 400

function useIsScrolled(): boolean {
  return useSyncExternalStore(
    (watcher) => {
      window.addEventListener('scroll', watcher, { passive: true })
      return () => window.removeEventListener('scroll', watcher)
    },
    () => window.scrollY > SCROLLED_PX,
  )
}

const MAX_MS = 3000

/** Stops by itself: each page of a search costs the server time. */
function useSearchOn(canContinue: boolean, list: RunList | undefined, next: () => void) {
  const [until, setUntil] = useState(() => Date.now() + MAX_MS)
  const [enough, setEnough] = useState(0)
  const found = list?.rows.length ?? 0
  const isOn = list !== undefined && found <= enough && Date.now() < until
  useEffect(() => {
    if (canContinue && isOn) next()
  })
  return {
    isOn,
    stop: () => setUntil(0),
    start: () => {
      setEnough(found)
      setUntil(Date.now() + MAX_MS)
    },
  }
}
