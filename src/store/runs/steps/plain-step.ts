/** On PostgreSQL, steps of many runs share one statement. */

import { type Columns, rowWrite, type Values, type Written } from '../../database/groups/rows.ts'
import type { RunStepRow } from '../../database/tables/steps.ts'
import { toBytes } from '../../database/tables/tables.ts'
import type { Keyring } from '../../secrets/encryption.ts'
import type { StepCommit } from '../rows/step-records.ts'
import { keyOf, sealStep } from './rows.ts'

type StoredColumns = Omit<RunStepRow, 'run_id' | 'position' | 'until' | 'is_end'>
export type PlainStep = StoredColumns & {
  run_id: string
  /** `run_id` of the stored call. */
  first_id: string
  server_id: string
  new_steps: number
}

/** Larger results would delay others. */
const MAX_SHARED_BYTES = 64 * 1024

export function isPlainStep({ call, shown, decision }: StepCommit): boolean {
  const { set, deleted } = call.patch
  const changes = set.size + deleted.length
  const bytes = call.json.length + shown.length
  return decision === undefined && changes === 0 && bytes <= MAX_SHARED_BYTES
}

export function plainStepOf(keyring: Keyring, serverId: string, commit: StepCommit): PlainStep {
  const { part, call, shown, at, keepSettings, childId = null } = commit
  return {
    run_id: part.runId,
    first_id: part.firstId,
    workflow_id: part.workflowId,
    server_id: serverId,
    new_steps: call.kind === 'step' ? 1 : 0,
    part: part.part,
    attempt: part.attempt,
    ...keyOf(call),
    status: call.status,
    data: sealStep(keyring, part, call, call.json, keepSettings ? null : call.patch),
    shown: toBytes(shown),
    attempts: call.attempts,
    started_at: call.startedAt,
    finished_at: at,
    child_id: childId,
  }
}

const OWNER_COLUMNS = { run_id: 'text', server_id: 'text', part: 'int4', new_steps: 'int4' } as const
export const STORED_COLUMNS: Columns<keyof StoredColumns> = {
  kind: 'text',
  name_json: 'text',
  number: 'int4',
  workflow_id: 'text',
  status: 'text',
  data: 'bytea',
  shown: 'bytea',
  attempts: 'int4',
  started_at: 'int8',
  finished_at: 'int8',
  part: 'int4',
  attempt: 'int4',
  child_id: 'text',
}

const IS_CURRENT = 'exists (select 1 from written where written.id = input.run_id and written.mark = input.part::text)'
const KEY: readonly string[] = ['run_id', 'kind', 'name_json', 'number']

export const PLAIN_STEP = rowWrite<PlainStep>({
  first: { columns: OWNER_COLUMNS, text: ownPart },
  second: { columns: { ...STORED_COLUMNS, first_id: 'text' }, text: insertCall },
  needsSecond: () => true,
  lockOf: () => null,
  mark: ', runs.parts::text as mark',
})

/** A late process of an earlier part may share the statement. */
export const isStored = (written: Written | null, { part: { part } }: StepCommit): boolean =>
  written !== null && (written.mark === undefined || written.mark === String(part))

/**
 * Locks the run, as `ownsPart` does. The status is an expression for the reason in `endRun`. PostgreSQL updates a row
 * once per statement, so simultaneous steps of a run are counted together.
 */
function ownPart({ of, engine }: Values<keyof typeof OWNER_COLUMNS>): string {
  const isOwn = (column: (name: keyof typeof OWNER_COLUMNS) => string) => `runs.id = ${column('run_id')}
    and runs.status || '' = 'running' and runs.server_id = ${column('server_id')} and runs.parts = ${column('part')}`
  if (engine === 'sqlite') return `update runs set steps = steps + ${of('new_steps')} where ${isOwn(of)}`
  return `update runs set steps = steps + given.new_steps from (
      select run_id, server_id, part, sum(new_steps)::int4 as new_steps from input group by run_id, server_id, part
    ) as given where ${isOwn((name) => `given.${name}`)}`
}

/** `nth` keeps the order of a run's steps. */
function insertCall({ of, engine }: Values<keyof StoredColumns | 'first_id'>): string {
  return engine === 'sqlite'
    ? insertCallFrom(of, '1', (values) => `values (${values})`)
    : insertCallFrom(of, 'input.nth', (values) => `select ${values} from input where ${IS_CURRENT}`)
}

/** See `insertStep`. */
export function insertCallFrom(
  of: (column: keyof StoredColumns | 'first_id') => string,
  nth: string,
  from: (values: string) => string,
): string {
  const names = Object.keys(STORED_COLUMNS) as (keyof StoredColumns)[]
  const columns = ['run_id', 'position', 'is_end', ...names]
  const last = `(select coalesce(max(position), 0) from run_steps where run_steps.run_id = ${of('first_id')})`
  const values = [of('first_id'), `${last} + ${nth}`, '0', ...names.map(of)].join(', ')
  const replaced = [...columns.filter((name) => !KEY.includes(name)), 'until']
  return `insert into run_steps (${columns.join(', ')})
    ${from(values)}
    on conflict (${KEY.join(', ')}) do update set ${replaced.map((name) => `${name} = excluded.${name}`).join(', ')}
    where run_steps.status = 'waiting' or (run_steps.is_end = 1 and run_steps.attempt < excluded.attempt)`
}
