import type { RunPage } from '../../../lib/requests/runs/get-runs.ts'
import type { RunSummary } from '../../../lib/requests/runs/run.ts'

export type RunList = {
  readonly rows: readonly RunSummary[]
  readonly cursor: string | null
  readonly searchedBackTo: string | null
}

export const startList = (page: RunPage): RunList => ({
  rows: page.data,
  cursor: page.next_cursor,
  searchedBackTo: page.searched_back_to ?? null,
})

/** Restarts the list to avoid a gap before the old rows. */
export function mergeNewest(list: RunList, newest: RunPage): RunList {
  const last = newest.data.at(-1)
  const first = list.rows[0]
  if (last === undefined || newest.next_cursor === null || first === undefined || isNewer(last, first)) {
    return startList(newest)
  }
  return { ...list, rows: [...newest.data, ...list.rows.filter((row) => isNewer(last, row))] }
}

export function updateRows(list: RunList, runs: readonly RunSummary[]): RunList {
  const known = new Map(runs.map((run) => [run.id, run]))
  return { ...list, rows: list.rows.map((row) => known.get(row.id) ?? row) }
}

export function removeRows(list: RunList, ids: ReadonlySet<string>): RunList {
  return { ...list, rows: list.rows.filter(({ id }) => !ids.has(id)) }
}

export const appendPage = (list: RunList, page: RunPage): RunList => ({
  rows: [...list.rows, ...page.data],
  cursor: page.next_cursor,
  searchedBackTo: page.searched_back_to ?? list.searchedBackTo,
})

export function countNewer(list: RunList, newest: RunPage): number {
  const first = list.rows[0]
  return first === undefined ? newest.data.length : newest.data.filter((run) => isNewer(run, first)).length
}

const isNewer = (one: RunSummary, other: RunSummary): boolean =>
  one.created_at === other.created_at ? one.id > other.id : one.created_at > other.created_at
