/**
 * How several servers share a workflow's slots when its runs start in groups. Two ways:
 *
 * - exact: under an exclusive lock of the workflow, as many as are free. Servers wait for each other.
 * - spare: under a shared lock, which waits for no other start of this kind. Starts of other servers that are not committed yet
 *   are not in the count, so room is left for them.
 *
 * Why no more than L runs of a workflow with L slots ever run at once. A start of the spare way takes at most Q = L / 4 slots,
 * and each server has one at a time under way: the database holds the next one back (LOCK_SERVER). Of all starts whose runs
 * are running at some moment, let T be the one that counted last; it counted c and took n. Each other start had been
 * committed before T counted, so it is in c, or was under way then. A start that is under way beside T is of the spare way,
 * because the exact one shares its lock with none, and of another server: there are as many as other servers, with at most
 * Q runs each. If T is exact, there is none. So at most c + n + Q × other servers run, and T took only what keeps that within L.
 *
 * A server has a row in `servers` long before its first run (peers.ts). Q depends on nothing that servers may see differently
 * but on L itself: one that was lowered counts for the starts after it.
 */

import { type Columns, type GroupStatement, inputOf } from '../../database/groups/groups.ts'
import { databaseNowOnPostgres, LATE_MS } from '../../servers/servers.ts'
import { LOCK_SPACE } from '../../servers/shared-slots.ts'

/** Keeps the locks of servers apart from others in the database. */
const SERVER_LOCK_SPACE = 4402
/** A spare start takes no more than this part of a workflow's slots. Then two servers take three quarters of them in this way. */
const SPARE_PART = 4

const WORKFLOW_COLUMNS: Columns<'workflow_id' | 'needs_slot'> = { workflow_id: 'text', needs_slot: 'int4' }
const SERVER_COLUMNS: Columns<'server_id'> = { server_id: 'text' }

/** In one order on all servers, so that no two wait for each other. */
const lockText = (lock: string): string => `with ${inputOf(WORKFLOW_COLUMNS)}
  select ${lock}(lock) from (
    select distinct hashtextextended(workflow_id, ${LOCK_SPACE}) as lock from input where needs_slot = 1 order by lock
  ) as locks`

/** These are statements of their own: the one that counts must see what was committed while they waited. */
export const LOCK_SLOTS: GroupStatement = {
  name: 'lock_slots',
  columns: WORKFLOW_COLUMNS,
  text: lockText('pg_advisory_xact_lock'),
}
export const SHARE_SLOTS: GroupStatement = {
  name: 'share_slots',
  columns: WORKFLOW_COLUMNS,
  text: lockText('pg_advisory_xact_lock_shared'),
}
/** One start at a time, also when a connection broke on which the last one is still under way. */
export const LOCK_SERVER: GroupStatement = {
  name: 'lock_server',
  columns: SERVER_COLUMNS,
  text: `with ${inputOf(SERVER_COLUMNS)}
    select pg_advisory_xact_lock(hashtextextended(max(server_id), ${SERVER_LOCK_SPACE})) from input`,
}

const OTHERS = `(
  select count(*) from servers
  where id is distinct from (select max(server_id) from input) and lease_until > ${databaseNowOnPostgres} - ${LATE_MS}
)`
const PART = `(workflows.max_concurrency / ${SPARE_PART})`
const TAKEN = `(
  select count(*) from runs
  where runs.workflow_id = workflows.id and runs.status = 'running' and runs.trigger <> 'trial'
)`
const FREE = {
  exact: `workflows.max_concurrency - ${TAKEN}`,
  spare: `least(${PART}, workflows.max_concurrency - ${TAKEN} - ${PART} * ${OTHERS})`,
}

/** `admitted`: of the rows of `input` those that have a slot, the first ones of each workflow. */
export const admitting = (way: keyof typeof FREE): string => `places as (
    select workflows.id as workflow, ${FREE[way]} as free
    from workflows where workflows.id in (select workflow_id from input where needs_slot = 1)
  ),
  numbered as (select *, row_number() over (partition by workflow_id, needs_slot order by position) as nth from input),
  admitted as (
    select numbered.* from numbered left join places on places.workflow = numbered.workflow_id
    where needs_slot = 0 or free is null or nth <= free
  )`

const TIGHT_MS = 250
const MAX_TIGHT = 1000

/** Workflows that had no spare slots a moment ago: there the exact way is tried at once. */
export function createTight(now: () => number = () => performance.now()) {
  const until = new Map<string, number>()
  return {
    has: (workflowId: string): boolean => (until.get(workflowId) ?? 0) > now(),
    note(workflowId: string): void {
      if (until.size >= MAX_TIGHT) until.clear()
      until.set(workflowId, now() + TIGHT_MS)
    },
  }
}
