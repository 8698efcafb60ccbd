/**
 * Shares a workflow's slots between servers whose runs start in groups. There are two modes:
 *
 * - exact: takes an exclusive lock on the workflow and fills all free slots. Servers wait for each other.
 * - spare: takes a shared lock and does not wait for other spare starts. Their uncommitted runs are not counted, so it
 * leaves room for them.
 *
 * Proof that a workflow with L slots never has more than L active runs: a spare start takes at most Q = L / 4 slots,
 * and LOCK_SERVER allows one active start per server. Among the starts whose runs are active, let T be the last one
 * that counted. T counted c runs and took n. Every other start committed before T counted, so c includes it, or was
 * still active then. A start concurrent with T is spare, because the exact lock is exclusive, and belongs to another
 * server. Each other server thus adds at most Q runs. If T is exact, there are none. The total is at most c + n + Q ×
 * other servers, and T keeps it within L.
 *
 * A server has a row in `servers` long before its first run (peers.ts). Q depends only on L. A lower L applies to later
 * starts.
 */

import { type Columns, type GroupStatement, inputOf } from '../../database/groups/groups.ts'
import { databaseNowOnPostgres, LATE_MS } from '../../servers/servers.ts'
import { LOCK_SPACE } from '../../servers/shared-slots.ts'

/** Separates server locks from other advisory locks in the database. */
const SERVER_LOCK_SPACE = 4402
/** Fraction of slots that a spare start may take. Two servers then use three quarters of the slots. */
const SPARE_PART = 4

const WORKFLOW_COLUMNS: Columns<'workflow_id' | 'needs_slot'> = { workflow_id: 'text', needs_slot: 'int4' }
const SERVER_COLUMNS: Columns<'server_id'> = { server_id: 'text' }

/** All servers lock in the same order, which prevents deadlocks. */
const lockText = (lock: string): string => `with ${inputOf(WORKFLOW_COLUMNS)}
  select ${lock}(lock) from (
    select distinct hashtextextended(workflow_id, ${LOCK_SPACE}) as lock from input where needs_slot = 1 order by lock
  ) as locks`

/** The count is a separate statement, because it must see rows that were committed during the wait for the lock. */
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
/** Allows one start per server, even if the previous start is still active on a broken connection. */
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

/** Selects the rows of `input` that get a slot as `admitted`. */
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

/** Workflows that recently had no spare slots use the exact mode immediately. */
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
