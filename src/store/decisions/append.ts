import { CompiledQuery, type InsertResult } from 'kysely'
import {
  type DecisionContent,
  keptUntil,
  NO_PREVIOUS,
  type SaltedAttributes,
  sealDecision,
} from '../../domain/decisions/record.ts'
import type { StepKey } from '../../domain/runs/steps.ts'
import { type Db, isPostgres } from '../database/tables/tables.ts'
import type { Keyring } from '../secrets/encryption.ts'
import { newDecisionId, nextSerial, positionOf } from './position.ts'
import type { DecidingRun, NewDecision, Overseen } from './records.ts'
import { type AttributesRow, type DecisionRow, sealAttributes, sealContent } from './rows.ts'

export type Append = {
  readonly part: DecidingRun
  readonly call: Pick<StepKey, 'name' | 'number'>
  readonly decision: NewDecision
  readonly subjectHash: string
  readonly at: number
  /** Null: no person was asked. */
  readonly overseen: Overseen | null
}

export type Head = { readonly serial: number; readonly number: number; readonly sha256: string }

export type AppendOptions = {
  /** Heads by workflow. An append compares the head with the stored one. */
  readonly heads: {
    get(workflowId: string): Head | undefined
    set(workflowId: string, head: Head): unknown
    delete(workflowId: string): unknown
  }
  /** Stores the call. A stored call took its decision. */
  readonly first: { executeTakeFirst(): Promise<InsertResult> }
}

export const hasInserted = ({ numInsertedOrUpdatedRows }: InsertResult): boolean => numInsertedOrUpdatedRows !== 0n

/**
 * Locks the chain's row last in its transaction, which prevents deadlocks. Returns false if the call was stored before.
 */
export async function appendDecision(
  db: Db,
  keyring: Keyring,
  append: Append,
  options: AppendOptions | null = null,
): Promise<boolean> {
  const { workflowId } = append.part
  const known = options?.heads.get(workflowId)
  if (options !== null && known === undefined && !hasInserted(await options.first.executeTakeFirst())) return false
  const found = known === undefined ? 'other head' : await appendAfter(db, keyring, append, known, options)
  if (found !== 'other head') return found === 'appended'
  const head = await lockHead(db, workflowId)
  const rest = options && { heads: options.heads, first: null }
  if ((await appendAfter(db, keyring, append, head, rest)) !== 'appended')
    throw new Error(`the head of the chain of ${workflowId} changed while it was locked`)
  return true
}

type RestOptions = { readonly heads: AppendOptions['heads']; readonly first: AppendOptions['first'] | null }

type Found = 'appended' | 'stored' | 'other head'

async function appendAfter(
  db: Db,
  keyring: Keyring,
  append: Append,
  head: Head,
  options: RestOptions | null,
): Promise<Found> {
  const { row, attributes } = rowsAfter(keyring, append, head)
  // Set before the statement: a simultaneous decision waits for this one instead of reading the head.
  options?.heads.set(row.workflow_id, headOf(head, row))
  const found = await insertAfter(db, head.sha256, row, options?.first ?? null)
  if (found === 'appended' && attributes !== null)
    await db.insertInto('decision_attributes').values(attributes).execute()
  return found
}

/** Returns the head that follows `row`. */
export const headOf = ({ serial }: Head, { number, sha256 }: DecisionRow): Head => ({ serial, number, sha256 })

export function rowsAfter(
  keyring: Keyring,
  append: Append,
  head: Head,
): { readonly row: DecisionRow; readonly attributes: AttributesRow | null } {
  const { part, call, decision, subjectHash, at, overseen } = append
  const number = head.number + 1
  const content = contentOf(decision, overseen)
  const attributes = attributesOf(decision)
  const position = positionOf(head.serial, number)
  const unsealed = recordOf(append, { position, number, previous: head.sha256 })
  const { sealed, recordJson } = sealDecision(unsealed, content, attributes)
  const { record, sha256 } = sealed
  const { id, workflow_id } = record
  const bound = {
    id,
    workflow_id,
    first_id: part.firstId,
    call: JSON.stringify([call.name, call.number]),
    subject_hash: subjectHash,
    erased_at: null,
  }
  const row: DecisionRow = {
    ...bound,
    position,
    number,
    run_id: record.run_id,
    at,
    outcome: record.outcome,
    oversight: overseen === null ? null : overseen.outcome === record.proposed ? 'agreed' : 'overruled',
    record: recordJson,
    sha256,
    data: sealContent(keyring, bound, content),
    kept_until: Date.parse(record.kept_until),
  }
  const data = attributes && sealAttributes(keyring, record, attributes)
  return { row, attributes: data && { decision_id: id, workflow_id, data } }
}

export const DECISION_COLUMNS = [
  'number',
  'sha256',
  'workflow_id',
  'position',
  'id',
  'run_id',
  'first_id',
  'call',
  'at',
  'outcome',
  'oversight',
  'record',
  'subject_hash',
  'data',
  'kept_until',
] as const satisfies readonly (keyof DecisionRow)[]

async function insertAfter(
  db: Db,
  previous: string,
  row: DecisionRow,
  first: AppendOptions['first'] | null,
): Promise<Found> {
  if (first !== null && !hasInserted(await first.executeTakeFirst())) return 'stored'
  return (await insertRow(db, previous, row)) ? 'appended' : 'other head'
}

/** Returns false if the stored head is another one. */
export async function insertRow(db: Db, previous: string, row: DecisionRow): Promise<boolean> {
  const { move, insert } = isPostgres(db) ? POSTGRES : SQLITE
  const moved = { ...move, parameters: [row.number, row.sha256, row.workflow_id, previous] }
  if ((await db.executeQuery(moved)).numAffectedRows !== 1n) return false
  await db.executeQuery({ ...insert, parameters: valuesOf(row) })
  return true
}

// A query builder took 60 µs of 500 for each decision.

/** `at` returns the parameter of a place in `DECISION_COLUMNS`, from 1. */
export function moveText(at: (index: number) => string, previous: string): string {
  return `update decision_chains set last_number = ${at(1)}, last_sha256 = ${at(2)}
    where workflow_id = ${at(3)} and last_number = ${at(1)} - 1 and last_sha256 = ${previous}`
}

export const valuesOf = (row: DecisionRow): unknown[] => DECISION_COLUMNS.map((name) => row[name])

export const INSERT_DECISION = `insert into decisions (${DECISION_COLUMNS.join(', ')})`

const POSTGRES = textsWith('$')
const SQLITE = textsWith('?')

function textsWith(sign: '$' | '?'): { readonly move: CompiledQuery; readonly insert: CompiledQuery } {
  const at = (index: number) => `${sign}${index}`
  const values = DECISION_COLUMNS.map((_, index) => at(index + 1)).join(', ')
  return {
    move: CompiledQuery.raw(moveText(at, at(4))),
    insert: CompiledQuery.raw(`${INSERT_DECISION} values (${values})`),
  }
}

type Place = { readonly position: number; readonly number: number; readonly previous: string }

const recordOf = ({ part, decision, at, overseen }: Append, { position, number, previous }: Place) =>
  ({
    at: new Date(at).toISOString(),
    decided_by: overseen?.by ?? 'automatic',
    id: decision.id ?? newDecisionId(position),
    kept_until: keptUntil(at, decision.keepDays),
    lock_sha256: decision.lockSha256,
    model: decision.given.model,
    number,
    outcome: overseen?.outcome ?? decision.given.outcome,
    oversight: overseen?.oversight ?? null,
    previous_sha256: previous,
    proposed: decision.given.outcome,
    run_id: part.runId,
    score: decision.given.score,
    source_sha256: decision.sourceSha256,
    version: decision.version,
    workflow_id: part.workflowId,
    workflow_name: decision.workflowName,
  }) as const

const contentOf = (
  { salt, given: { subject, reasons, inputs } }: NewDecision,
  overseen: Overseen | null,
): DecisionContent => ({
  inputs,
  oversight_reason: overseen?.reason ?? null,
  reasons,
  salt,
  subject,
})

const attributesOf = ({ attributesSalt: salt, given: { attributes } }: NewDecision): SaltedAttributes | null =>
  attributes === null ? null : { salt, attributes }

/** Other servers create chains at the same time. */
const MAX_TRIES = 100

/** Creates a missing chain. The update locks its row. */
async function lockHead(db: Db, workflowId: string): Promise<Head> {
  const lock = db
    .updateTable('decision_chains')
    .set(({ ref }) => ({ last_number: ref('last_number') }))
    .where('workflow_id', '=', workflowId)
    .returning(['serial', 'last_number as number', 'last_sha256 as sha256'])
  const begin = { last_number: 0, last_sha256: NO_PREVIOUS, first_number: 1, first_previous: NO_PREVIOUS }
  const create = db
    .insertInto('decision_chains')
    .values({ workflow_id: workflowId, serial: nextSerial, ...begin, anchored_number: 0, anchored_at: 0 })
    // Another server created this chain, or another chain took the serial.
    .onConflict((conflict) => conflict.doNothing())
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const found = await lock.executeTakeFirst()
    if (found !== undefined) return found
    await create.execute()
  }
  throw new Error(`the chain of ${workflowId} could not be created in ${MAX_TRIES} attempts`)
}
