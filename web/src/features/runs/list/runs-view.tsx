import { Button, Group, Stack, Text } from '@mantine/core'
import { useCallback, useSyncExternalStore } from 'react'
import { counted } from '../../../lib/numbers.ts'
import { useWorkflowNames } from '../../../lib/requests/get-workflow-names.ts'
import { exactTime } from '../../../lib/time.ts'
import { RunCharts } from '../../../lib/ui/charts/run-charts.tsx'
import { Empty } from '../../../lib/ui/empty.tsx'
import { LoadError } from '../../../lib/ui/load-error.tsx'
import { RowsSkeleton } from '../../../lib/ui/rows-skeleton.tsx'
import { FilterBar } from './filter-bar.tsx'
import { chartTime, useRunFilter } from './run-filter.ts'
import { RunRows } from './run-rows.tsx'
import classes from './runs-view.module.css'
import { useRunList } from './use-run-list.ts'

const NO_NAMES: ReadonlyMap<string, string> = new Map()

/** Runs of a workflow, or of all (null): charts, filters, and a list that updates by itself. */
export function RunsView({ workflowId }: { workflowId: string | null }) {
  const { filter, range, span, isFiltered, set } = useRunFilter()
  const { time, words } = chartTime(range, span)
  const isReading = useIsScrolled()
  const { list, error, retry, newer, more } = useRunList(workflowId, filter, isReading)
  const names = useWorkflowNames(workflowId === null)
  const { mutate: loadMore, isPending, isError } = more
  const isSearch = (filter.q ?? '') !== ''
  const cursor = list?.cursor ?? null
  const onEnd = useCallback(() => {
    // A search continues only on request: each step costs the server time.
    if (cursor !== null && !isPending && !isError && !isSearch) loadMore(cursor)
  }, [cursor, isPending, isError, isSearch, loadMore])
  return (
    <Stack gap="sm">
      <RunCharts
        workflowId={workflowId}
        time={time}
        timeWords={words}
        onChoose={(chosen) => set({ ...chosen, range: null })}
      />
      <FilterBar filter={filter} range={range} span={span} set={set} />
      {newer === 0 ? null : (
        <Button size="xs" className={classes.newer} onClick={() => window.scrollTo({ top: 0 })}>
          {counted(newer, 'new run')}
        </Button>
      )}
      {error === null ? null : <LoadError error={error} retry={retry} />}
      {list === undefined && error === null ? <RowsSkeleton rows={8} height={40} /> : null}
      {list === undefined || list.rows.length > 0 ? null : (
        <NoRuns isFiltered={isFiltered} isSearching={cursor !== null} />
      )}
      {list === undefined || list.rows.length === 0 ? null : (
        <RunRows runs={list.rows} names={workflowId === null ? (names.data ?? NO_NAMES) : null} onEnd={onEnd} />
      )}
      {more.error === null ? null : <LoadError error={more.error} retry={() => cursor !== null && loadMore(cursor)} />}
      {isSearch && cursor !== null ? (
        <Group gap="sm">
          <Text size="sm" c="dimmed">
            Searched back to {list?.searchedBackTo == null ? 'now' : exactTime(list.searchedBackTo)}.
          </Text>
          <Button size="xs" variant="default" loading={isPending} onClick={() => loadMore(cursor)}>
            Keep searching
          </Button>
        </Group>
      ) : null}
      {isPending && !isSearch ? <RowsSkeleton rows={2} height={40} /> : null}
    </Stack>
  )
}

function NoRuns({ isFiltered, isSearching }: { isFiltered: boolean; isSearching: boolean }) {
  if (isSearching) return <Empty title="Nothing found so far">Older runs are not searched yet.</Empty>
  return isFiltered ? (
    <Empty title="No matching runs">Change or clear the filters.</Empty>
  ) : (
    <Empty title="No runs yet">
      Runs appear here when a hook is called, a schedule is due, or you test the code under Function.
    </Empty>
  )
}

const SCROLLED_PX = 400

/** Whether the page is scrolled down, so the person is reading further below. */
function useIsScrolled(): boolean {
  return useSyncExternalStore(
    (watcher) => {
      window.addEventListener('scroll', watcher, { passive: true })
      return () => window.removeEventListener('scroll', watcher)
    },
    () => window.scrollY > SCROLLED_PX,
  )
}
