/** Scans runs that are not indexed yet, then queries the index. */

import type { Run } from '../../../domain/runs/run.ts'
import type { Database } from '../../database/database.ts'
import { type PageQuery, readCursor, writeCursor } from '../../database/paging.ts'
import type { FoundRun, RunFilter, SearchPage } from '../rows/records.ts'
import { findShown, type HideIn } from '../rows/texts.ts'
import { lookInto, selectBatch } from './batch.ts'
import { listRuns, selectFitting } from './list.ts'
import { type Candidate, findIndexedTo, firstId, idAfter, listCandidates, selectIndexed, timeOf } from './run-index.ts'

/** 500 runs of 1 kB each took 12 ms. */
const MAX_RUNS = 500
/** Scanned text. */
const MAX_SCANNED = 4 * 1024 * 1024
const MAX_BATCH = 250
/** Indexed runs: in total, in the first query, and per read. Each has up to 192 KiB of text. */
const MAX_CANDIDATES = 1000
const FIRST_CANDIDATES = 250
const MAX_TAKEN = 50
/** The first page arrives within 100 ms. At a million runs, an index query takes 25 ms. */
const MAX_MS = 50

export async function searchRuns(
  database: Database,
  filter: RunFilter,
  text: string,
  page: PageQuery,
  hideIn: HideIn = async () => null,
): Promise<SearchPage> {
  const wanted = { text: text.toLowerCase(), hideIn }
  const indexedTo = await findIndexedTo(database, wanted.text)
  if (indexedTo === null || indexedTo === 0) return await scanRuns(database, filter, wanted, page)
  const from = readPosition(page)
  const since = Math.max(filter.since ?? 0, indexedTo + 1)
  const isRecent = (from === null || from.createdAt > indexedTo) && (filter.until ?? Number.POSITIVE_INFINITY) > since
  const recent = isRecent ? await scanRuns(database, { ...filter, since }, wanted, page) : NOTHING
  if (recent.nextCursor !== null) return recent
  const left = page.limit - recent.data.length
  const indexed = await searchIndex(database, { filter, wanted, limit: left, after: isRecent ? null : from, indexedTo })
  return {
    data: [...recent.data, ...indexed.data],
    nextCursor: indexed.nextCursor,
    searchedBackTo: indexed.searchedBackTo ?? recent.searchedBackTo,
  }
}

const NOTHING: SearchPage = { data: [], nextCursor: null, searchedBackTo: null }

/** The text is in lower case. */
type Wanted = { readonly text: string; readonly hideIn: HideIn }
type Position = { readonly createdAt: number; readonly id: string }
type IndexSearch = {
  readonly filter: RunFilter
  readonly wanted: Wanted
  readonly limit: number
  readonly after: Position | null
  readonly indexedTo: number
}

async function searchIndex(
  database: Database,
  { filter, wanted, limit, after, indexedTo }: IndexSearch,
): Promise<SearchPage> {
  const found: FoundRun[] = []
  const from = firstId(filter.since ?? 0)
  const end = firstId(Math.min(indexedTo + 1, filter.until ?? Number.POSITIVE_INFINITY))
  const start = after === null ? end : await database.read((db) => idAfter(db, after.createdAt, after.id))
  const deadline = performance.now() + MAX_MS
  let before = Math.min(start, end)
  let last: Run | null = null
  let place: Position | null = null
  let scanned = 0
  for (let taken = 0; taken < MAX_CANDIDATES; ) {
    const asked = taken === 0 ? FIRST_CANDIDATES : MAX_CANDIDATES - taken
    const candidates = await database.read((db) =>
      listCandidates(db, { wanted: wanted.text, from, before, limit: asked }),
    )
    for (let done = 0; done < candidates.length; done += MAX_TAKEN) {
      if (done > 0 && isSpent(deadline, scanned)) return pageUpTo(found, place)
      const { looked, length } = await readCandidates(database, candidates.slice(done, done + MAX_TAKEN), filter)
      scanned += length
      for (const { id, runId, run, texts } of looked) {
        before = id
        place = { createdAt: timeOf(id), id: runId }
        if (run === undefined || texts === undefined) continue
        const match = await findShown(run, texts, wanted)
        if (match === null) continue
        last = run
        found.push({ ...run, match })
        if (found.length === limit) return { data: found, nextCursor: cursorAfter(run), searchedBackTo: run.createdAt }
      }
      await new Promise((resolve) => setImmediate(resolve))
    }
    if (candidates.length < asked) return { data: found, nextCursor: null, searchedBackTo: last?.createdAt ?? null }
    if (isSpent(deadline, scanned)) break
    taken += asked
  }
  return pageUpTo(found, place)
}

const isSpent = (deadline: number, scanned: number): boolean => performance.now() > deadline || scanned >= MAX_SCANNED

const pageUpTo = (found: readonly FoundRun[], place: Position | null): SearchPage => ({
  data: found,
  nextCursor: place && cursorAfter(place),
  searchedBackTo: place?.createdAt ?? null,
})

async function readCandidates(database: Database, candidates: readonly Candidate[], filter: RunFilter) {
  const runs = await database.read((db) => selectFitting(db, idsOf(candidates), filter))
  const texts = await database.read((db) => selectIndexed(db, [...runs.keys()]))
  let length = 0
  for (const parts of texts.values()) for (const text of Object.values(parts)) length += text.length
  return {
    looked: candidates.map(({ id, runId }) => ({ id, runId, run: runs.get(runId), texts: texts.get(runId) })),
    length,
  }
}

const idsOf = (candidates: readonly Candidate[]): readonly string[] => candidates.map(({ runId }) => runId)

async function scanRuns(
  database: Pick<Database, 'read'>,
  filter: RunFilter,
  wanted: Wanted,
  page: PageQuery,
): Promise<SearchPage> {
  const { data, nextCursor } = await database.read((db) =>
    listRuns(db, filter, { limit: MAX_RUNS, cursor: page.cursor }),
  )
  const found: FoundRun[] = []
  let searchedBackTo = readPosition(page)?.createdAt ?? null
  let scanned = 0
  for (let from = 0; from < data.length; ) {
    const batch = await database.read((db) => selectBatch(db, data.slice(from, from + MAX_BATCH)))
    const { looked, length } = lookInto(batch, wanted.text)
    for (const { run, texts } of looked) {
      const match = texts && (await findShown(run, texts, wanted))
      if (match !== null) found.push({ ...run, match })
      searchedBackTo = run.createdAt
      if (found.length === page.limit) return { data: found, nextCursor: cursorAfter(run), searchedBackTo }
    }
    from += looked.length
    scanned += length
    const last = looked.at(-1)?.run
    if (last === undefined || (scanned >= MAX_SCANNED && from < data.length)) {
      return { data: found, nextCursor: last === undefined ? null : cursorAfter(last), searchedBackTo }
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { data: found, nextCursor, searchedBackTo }
}

const cursorAfter = ({ createdAt, id }: Position): string => writeCursor([createdAt, id])

function readPosition(page: PageQuery): Position | null {
  const position = readCursor(page, ['number', 'string'])
  return position === null ? null : { createdAt: Number(position[0]), id: String(position[1]) }
}
