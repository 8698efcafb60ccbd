/** Shares a workflow's slots between servers whose runs start in groups. */

import { type Columns, type GroupStatement, inputOf } from '../../database/groups/groups.ts'
import { LOCK_SPACE } from '../../servers/shared-slots.ts'

const WORKFLOW_COLUMNS: Columns<'workflow_id' | 'needs_slot'> = { workflow_id: 'text', needs_slot: 'int4' }

/** The count is a separate statement, because it must see rows that were committed during the wait for the lock. */
export const LOCK_SLOTS: GroupStatement = {
  name: 'lock_slots',
  columns: WORKFLOW_COLUMNS,
  // All servers lock in the same order, which prevents deadlocks.
  text: `with ${inputOf(WORKFLOW_COLUMNS)}
    select pg_advisory_xact_lock(lock) from (
      select distinct hashtextextended(workflow_id, ${LOCK_SPACE}) as lock from input where needs_slot = 1 order by lock
    ) as locks`,
}

const TAKEN = `(
  select count(*) from runs
  where runs.workflow_id = workflows.id and runs.status = 'running' and runs.trigger <> 'trial'
)`

/** Selects the rows of `input` that get a slot as `admitted`. */
export const ADMITTING = `slots as (
    select workflows.id as workflow, workflows.max_concurrency - ${TAKEN} as free
    from workflows where workflows.id in (select workflow_id from input where needs_slot = 1)
  ),
  numbered as (select *, row_number() over (partition by workflow_id, needs_slot order by position) as nth from input),
  admitted as (
    select numbered.* from numbered left join slots on slots.workflow = numbered.workflow_id
    where needs_slot = 0 or free is null or nth <= free
  )`
