/** Lists read no blobs. */

import { type ExpressionBuilder, sql } from 'kysely'
import {
  FAILED_STATUSES,
  type LogLine,
  PRODUCTION_TRIGGERS,
  RUN_STATUSES,
  type Run,
  type RunStatus,
  TRIGGERS,
  type Trigger,
} from '../../../domain/runs/run.ts'
import type { SettingsChange } from '../../../domain/settings/patch.ts'
import { type Page, type PageQuery, type Position, readCursor, toPage, writeCursor } from '../../database/paging.ts'
import { REPORTED, type RunRow } from '../../database/tables/runs.ts'
import { type Db, isPostgres, toText } from '../../database/tables/tables.ts'
import type { Keyring } from '../../secrets/encryption.ts'
import { selectChanges, valuesOf } from '../../settings/settings.ts'
import { unpackBytesAside, unpackText } from '../rows/payloads.ts'
import type { LastRun, RunFilter } from '../rows/records.ts'
import { parseLogs, toListedRun, toWholeRun, type WholeRow } from '../rows/rows.ts'

/** Runs that one page reads without an index. More would block the event loop. */
const MAX_SCANNED = 5000

export async function listRuns(db: Db, asked: RunFilter, page: PageQuery): Promise<Page<Run>> {
  const filter = withImplied(asked)
  const after = readCursor(page, ['number', 'string'])
  const isScan = [
    filter.statusCode,
    filter.version,
    filter.label,
    filter.minMs,
    filter.waitingFor,
    filter.wakeBefore,
  ].some((value) => value !== undefined)
  const read = isScan ? MAX_SCANNED : page.limit + 1
  const branches = branchesOf(filter).map((branch) => selectBranch(db, { ...filter, ...branch }, after, read))
  const [first, ...others] = branches
  if (first === undefined) return { data: [], nextCursor: null }
  const merged = others.reduce((all, branch) => all.unionAll(branch), first).as('runs')
  const newest = db.selectFrom(merged).selectAll().orderBy('created_at', 'desc').orderBy('id', 'desc').limit(read)
  const query = db
    .selectFrom(newest.as('runs'))
    .leftJoin('versions', 'versions.id', 'runs.version_id')
    .selectAll('runs')
    .select('versions.number as version')
    .orderBy('runs.created_at', 'desc')
    .orderBy('runs.id', 'desc')
    .limit(page.limit + 1)
  const rows = await query.where((where) => where.and(conditionsOf(where, filter))).execute()
  const found = toPage(rows, page, (row) => [row.created_at, row.id], toListedRun)
  if (!isScan || found.nextCursor !== null) return found
  const last = await db
    .selectFrom(newest.as('runs'))
    .select(['created_at', 'id'])
    .offset(read - 1)
    .limit(1)
    .execute()
  return { ...found, nextCursor: last[0] === undefined ? null : writeCursor([last[0].created_at, last[0].id]) }
}

/** A run with a wait is waiting. Without the status, a page reads only the newest runs of all states. */
function withImplied(asked: RunFilter): RunFilter {
  const { replayOf, waitingFor, wakeBefore, trigger, status } = asked
  const isWait = waitingFor !== undefined || wakeBefore !== undefined
  return {
    ...asked,
    ...(replayOf !== undefined && trigger === undefined ? { trigger: 'replay' } : {}),
    ...(isWait && status === undefined ? { status: 'waiting' } : {}),
  }
}

type Rows = ExpressionBuilder<{ runs: RunRow; versions: { number: number | null } }, 'runs' | 'versions'>

function conditionsOf(where: Rows, { statusCode, version, label, minMs, waitingFor, wakeBefore }: RunFilter) {
  return [
    ...(statusCode === undefined ? [] : [where('runs.status_code', '=', statusCode)]),
    ...(version === undefined ? [] : [where('versions.number', '=', version)]),
    ...(label === undefined ? [] : [where('runs.label_json', '=', JSON.stringify(label))]),
    ...(minMs === undefined
      ? []
      : [where(sql<number>`runs.finished_at - runs.started_at - coalesce(runs.waited_ms, 0)`, '>=', minMs)]),
    ...(waitingFor === undefined ? [] : [waitsFor(waitingFor)]),
    ...(wakeBefore === undefined
      ? []
      : [where.and([where('runs.status', '=', 'waiting'), where('runs.not_before', '<', wakeBefore)])]),
  ]
}

const waitsFor = (name: string) => sql<boolean>`runs.status = 'waiting' and exists (
    select 1 from run_steps where run_steps.run_id = coalesce(runs.retry_of, runs.id)
      and run_steps.status = 'waiting' and run_steps.name_json = ${JSON.stringify(name)}
  )`

export async function selectFitting(
  db: Db,
  ids: readonly string[],
  filter: RunFilter,
): Promise<ReadonlyMap<string, Run>> {
  if (ids.length === 0) return new Map()
  const { workflowId, replayOf, since, until } = filter
  // Without the limit both engines searched all runs of the workflow: 861 ms at 500,000.
  const named = db.selectFrom('runs').selectAll().where('id', 'in', ids).limit(ids.length)
  const rows = await db
    .selectFrom(named.as('runs'))
    .leftJoin('versions', 'versions.id', 'runs.version_id')
    .selectAll('runs')
    .select('versions.number as version')
    .where((where) => where.and(conditionsOf(where, filter)))
    .where((where) =>
      where.or(
        branchesOf(filter).map(({ status, trigger, reported = false }) =>
          where.and([
            ...(status === undefined ? [] : [where('runs.status', '=', status)]),
            trigger === undefined ? where('runs.trigger', '<>', 'trial') : where('runs.trigger', '=', trigger),
            ...(reported ? [REPORTED] : []),
          ]),
        ),
      ),
    )
    .$if(workflowId !== undefined, (query) => query.where('runs.workflow_id', '=', workflowId ?? ''))
    .$if(replayOf !== undefined, (query) => query.where('runs.replay_of', '=', replayOf ?? ''))
    .$if(since !== undefined, (query) => query.where('runs.created_at', '>=', since ?? 0))
    .$if(until !== undefined, (query) => query.where('runs.created_at', '<', until ?? 0))
    .execute()
  return new Map(rows.map((row) => [row.id, toListedRun(row)]))
}
/** A trial may have a thousand runs. */
const LISTED = TRIGGERS.filter((trigger) => trigger !== 'trial')

type Branch = { readonly status?: RunStatus; readonly trigger?: Trigger; readonly reported?: true }

/** A single query would read every run for a rare status and trigger: 300 ms at a million. */
function branchesOf({ status, trigger, failing = false, tests = !failing }: RunFilter): readonly Branch[] {
  if (status === undefined && trigger === undefined && tests && !failing) return [{}]
  const statuses = (status === undefined ? RUN_STATUSES : [status]).filter(
    (one) => !failing || FAILED_STATUSES.includes(one),
  )
  const triggers = trigger !== undefined ? [trigger] : tests ? LISTED : PRODUCTION_TRIGGERS
  const branches = statuses.flatMap((one) => triggers.map((other) => ({ status: one, trigger: other })))
  if (!failing || (status ?? 'succeeded') !== 'succeeded') return branches
  return [...branches, ...triggers.map((one) => ({ trigger: one, reported: true as const }))]
}

function selectBranch(db: Db, filter: RunFilter & Branch, after: Position | null, limit: number) {
  const { workflowId, status, trigger, since, until, replayOf, reported = false } = filter
  const first = workflowId !== undefined ? 'workflow_id' : status !== undefined ? 'status' : null
  let query = db.selectFrom('runs').selectAll()
  if (workflowId !== undefined) query = query.where(isFirst(db, 'workflow_id', workflowId))
  if (status !== undefined)
    query = first === 'status' ? query.where(isFirst(db, first, status)) : query.where('status', '=', status)
  query = trigger === undefined ? query.where('trigger', '<>', 'trial') : query.where('trigger', '=', trigger)
  if (replayOf !== undefined) query = query.where('replay_of', '=', replayOf)
  if (reported) query = query.where(REPORTED)
  if (since !== undefined) query = query.where('created_at', '>=', since)
  if (until !== undefined) query = query.where('created_at', '<', until)
  if (after !== null) {
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('created_at', 'id'), '<', tuple(Number(after[0]), String(after[1]))),
    )
  }
  const newest = query
    .$if(first !== null, (ordered) => ordered.orderBy(first ?? 'id', 'desc'))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
  // SQLite accepts order and limit in a union only inside a subquery.
  return db.selectFrom(newest.as('part')).selectAll()
}

/**
 * The first column of the index that a list reads, which must also be first in its order. PostgreSQL would ignore that
 * order after a plain `=`, read the newest runs of all workflows instead, and drop those that do not fit: 100,000 runs
 * in 110 ms for an empty page.
 */
const isFirst = (db: Db, column: 'workflow_id' | 'status', value: string) =>
  isPostgres(db) ? sql<boolean>`${sql.ref(column)} = any(array[${value}])` : sql<boolean>`${sql.ref(column)} = ${value}`

export async function listLastRuns(db: Db, workflowIds: readonly string[], count: number): Promise<readonly LastRun[]> {
  const lists = workflowIds.map((id) => {
    const newest = db
      .selectFrom('runs')
      .select(['id', 'workflow_id', 'status', 'created_at', REPORTED.as('reported')])
      .where(isFirst(db, 'workflow_id', id))
      .where('trigger', 'not in', ['test', 'trial'])
      .orderBy('workflow_id', 'desc')
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(count)
    return db.selectFrom(newest.as('part')).selectAll()
  })
  const [first, ...others] = lists
  if (first === undefined) return []
  const rows = await db
    .selectFrom(others.reduce((all, list) => all.unionAll(list), first).as('runs'))
    .selectAll()
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    workflowId: row.workflow_id,
    status: row.status,
    reportsFailure: Boolean(row.reported),
    createdAt: row.created_at,
  }))
}

export async function getRun(db: Db, keyring: Keyring, id: string): Promise<Run | null> {
  const row = await selectWhole(db).where('runs.id', '=', id).executeTakeFirst()
  if (row === undefined) return null
  const body = await unpackBytesAside({ plain: row.body, packed: row.body_packed })
  return toWholeRun({ ...row, body, body_packed: null }, await listChanges(db, keyring, id))
}

export function selectWhole(db: Db) {
  return db
    .selectFrom('runs')
    .leftJoin('versions', 'versions.id', 'runs.version_id')
    .leftJoin('run_requests', 'run_requests.run_id', 'runs.id')
    .leftJoin('run_results', 'run_results.run_id', 'runs.id')
    .selectAll(['runs', 'run_requests'])
    .select(['versions.number as version', 'run_results.result_json', 'run_results.result_packed'])
    .$castTo<WholeRow>()
}

async function listChanges(db: Db, keyring: Keyring, runId: string): Promise<SettingsChange[]> {
  const rows = await selectChanges(db).where('now.run_id', '=', runId).orderBy('now.key').execute()
  return rows.map((row) => ({ key: toText(row.key), ...valuesOf(keyring, row) }))
}

export async function listLogs(db: Db, runId: string, page: PageQuery): Promise<Page<LogLine>> {
  const start = Number(readCursor(page, ['number'])?.[0] ?? 0)
  const row = await db
    .selectFrom('run_results')
    .select(['logs_json', 'logs_packed'])
    .where('run_id', '=', runId)
    .executeTakeFirst()
  const json = row === undefined ? null : unpackText({ plain: row.logs_json, packed: row.logs_packed })
  const lines = json === null ? [] : parseLogs(json)
  const rows = lines.slice(start, start + page.limit + 1)
  return toPage(
    rows,
    page,
    () => [start + page.limit],
    (line) => line,
  )
}
