import { skipToken, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'
import { queryKeys } from '../../../lib/client/query-keys.ts'
import { getRun } from '../../../lib/requests/runs/get-run.ts'
import { getRuns, POLL_MS, type RunFilter } from '../../../lib/requests/runs/get-runs.ts'
import { isFinal, type RunSummary } from '../../../lib/requests/runs/run.ts'
import { appendPage, countNewer, mergeNewest, type RunList, removeRows, startList, updateRows } from './run-list.ts'

const NEWEST = 100
const OLDER = 200
/** Unfinished runs refetched one by one. */
const MAX_ASKED = 10

/** While `isReading`, rows stay, and `newer` counts new runs. */
export function useRunList(workflowId: string | null, filter: RunFilter, isReading: boolean) {
  const client = useQueryClient()
  const isSearch = (filter.q ?? '') !== ''
  const listKey = useMemo(() => queryKeys.runList(workflowId, filter), [workflowId, filter])
  const stored = useQuery<RunList>({ queryKey: listKey, queryFn: skipToken, staleTime: Number.POSITIVE_INFINITY })
  const newest = useQuery({
    queryKey: isSearch ? queryKeys.foundRuns(workflowId, filter) : queryKeys.newestRuns(workflowId, filter),
    queryFn: ({ signal }) => getRuns(workflowId, filter, { limit: NEWEST, cursor: null }, signal),
    refetchInterval: isSearch ? false : POLL_MS,
  })
  const page = newest.data
  useEffect(() => {
    if (page === undefined) return
    client.setQueryData<RunList>(listKey, (list) => {
      if (list === undefined) return startList(page)
      return isReading ? updateRows(list, page.data) : mergeNewest(list, page)
    })
    void refreshUnfinished(client.getQueryData<RunList>(listKey)).then((runs) => {
      if (runs.length > 0) client.setQueryData<RunList>(listKey, (list) => list && updateRows(list, runs))
    })
  }, [client, page, isReading, listKey])
  const list = stored.data ?? (page === undefined ? undefined : startList(page))
  const more = useMutation({
    mutationFn: (cursor: string) => getRuns(workflowId, filter, { limit: OLDER, cursor }),
    onSuccess: (older, cursor) => {
      client.setQueryData<RunList>(listKey, (now) => (now?.cursor === cursor ? appendPage(now, older) : now))
    },
  })
  return {
    list,
    error: newest.error,
    retry: () => void newest.refetch(),
    remove: (ids: ReadonlySet<string>) => client.setQueryData<RunList>(listKey, (now) => now && removeRows(now, ids)),
    newer: isReading && list !== undefined && page !== undefined ? countNewer(list, page) : 0,
    more,
  }
}

async function refreshUnfinished(list: RunList | undefined): Promise<RunSummary[]> {
  const unfinished = (list?.rows.slice(NEWEST) ?? []).filter(({ status }) => !isFinal(status)).slice(0, MAX_ASKED)
  const answers = await Promise.allSettled(unfinished.map(({ id }) => getRun(id)))
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
}
