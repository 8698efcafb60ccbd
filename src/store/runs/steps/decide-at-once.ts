/**
 * On PostgreSQL this is one statement, because a transaction takes four round trips. On SQLite a query builder would
 * take a third of the time.
 */

import { CompiledQuery } from 'kysely'
import { writeOnSqlite } from '../../database/groups/rows.ts'
import type { Db } from '../../database/tables/tables.ts'
import {
  DECISION_COLUMNS,
  headOf,
  INSERT_DECISION,
  insertRow,
  moveText,
  rowsAfter,
  valuesOf,
} from '../../decisions/append.ts'
import type { StepCommit } from '../rows/step-records.ts'
import { appendOf, isChange, type StepContext } from './commit.ts'
import { insertCallFrom, PLAIN_STEP, type PlainStep, plainStepOf, STORED_COLUMNS } from './plain-step.ts'

type Rows = ReturnType<typeof rowsAfter> & { readonly call: PlainStep; readonly previous: string }

/**
 * Returns false and stores nothing if the head of the chain is unknown or changed, the call changes settings or is
 * stored already, or another server or part has the run.
 */
export async function decideAtOnce(
  { database, keyring, serverId, heads }: StepContext,
  commit: StepCommit,
  subjectHash: string,
): Promise<boolean> {
  const { workflowId } = commit.part
  const head = heads.get(workflowId)
  const append = appendOf(commit, subjectHash)
  if (append === null || head === undefined || isChange(commit)) return false
  const call = plainStepOf(keyring, serverId, commit)
  const rows = { ...rowsAfter(keyring, append, head), call, previous: head.sha256 }
  // The next decision follows this one: writes keep their order.
  heads.set(workflowId, headOf(head, rows.row))
  try {
    const { writeStatement } = database
    if (writeStatement === null) await database.write((db) => decideOnSqlite(db, rows))
    else if ((await writeStatement(statementOf(rows)))[0]?.added !== 1) throw new NotAdded()
    return true
  } catch (error) {
    heads.delete(workflowId)
    if (isNotAdded(error)) return false
    throw error
  }
}

/** Rolls back the transaction. */
class NotAdded extends Error {}

/** Division by zero, a stored id, and the limit of a lock. */
const CODES: readonly unknown[] = ['22012', '23505', '55P03']

const isNotAdded = (error: unknown): boolean =>
  error instanceof NotAdded || (error instanceof Error && 'code' in error && CODES.includes(error.code))

async function decideOnSqlite(db: Db, { call, row, attributes, previous }: Rows): Promise<void> {
  const written = await writeOnSqlite(db, PLAIN_STEP, call)
  if (written?.second !== 1n || !(await insertRow(db, previous, row))) throw new NotAdded()
  if (attributes !== null) await db.insertInto('decision_attributes').values(attributes).execute()
}

function statementOf({ call, row, attributes, previous }: Rows): CompiledQuery<{ added: number }> {
  const values = [...CALL.map((name) => call[name]), ...valuesOf(row), previous]
  return attributes === null
    ? CompiledQuery.raw(PLAIN, values)
    : CompiledQuery.raw(ATTRIBUTED, [...values, ...ATTRIBUTES.map((name) => attributes[name])])
}

const CALL = ['run_id', 'server_id', 'first_id', 'new_steps', ...namesOf(STORED_COLUMNS)] as const
const ATTRIBUTES = ['decision_id', 'workflow_id', 'data'] as const

function namesOf<Name extends string>(columns: Readonly<Record<Name, unknown>>): readonly Name[] {
  return Object.keys(columns) as Name[]
}

const ofCall = (name: keyof PlainStep) => `$${CALL.indexOf(name) + 1}`
const ofDecision = (index: number) => `$${CALL.length + index}`
const FIRST_OF_ATTRIBUTES = DECISION_COLUMNS.length + 2

/** A division by zero undoes the statement if the call was stored before. */
const textOf = (others: string) => `
  with owned as (
    select id from runs where id = ${ofCall('run_id')} and status = 'running'
      and server_id = ${ofCall('server_id')} and parts = ${ofCall('part')} for update
  ),
  moved as (${moveText(ofDecision, ofDecision(DECISION_COLUMNS.length + 1))} and exists (select from owned) returning workflow_id),
  counted as (
    update runs set steps = steps + ${ofCall('new_steps')}
      where id in (select id from owned) and exists (select from moved)
  ),
  called as (${insertCallFrom(ofCall, '1', (values) => `select ${values} from moved`)} returning 1),
  added as (${INSERT_DECISION} select ${DECISION_COLUMNS.map((_, index) => ofDecision(index + 1)).join(', ')} from moved returning 1)${others}
  select added / greatest(called, 1 - added) as added
    from (select (select count(*)::int from added) as added, (select count(*)::int from called) as called) as counts`

const PLAIN = textOf('')
const ATTRIBUTED = textOf(`,
  attributed as (insert into decision_attributes (${ATTRIBUTES.join(', ')})
    select ${ATTRIBUTES.map((_, index) => ofDecision(FIRST_OF_ATTRIBUTES + index)).join(', ')} from moved)`)
