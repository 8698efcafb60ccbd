/** Inserts many runs in one statement, if each run is only a row and its request. */

import type { Selectable } from 'kysely'
import { NO_FILES } from '../../../domain/modules/module-files.ts'
import type { Database } from '../../database/database.ts'
import { packFiles } from '../../database/files.ts'
import {
  type Columns,
  type GroupAnswer,
  type GroupStatement,
  inputOf,
  MARK_COLUMNS,
} from '../../database/groups/groups.ts'
import { bit, type RunRequestRow, toBytes } from '../../database/tables.ts'
import type { Peers } from '../../servers/peers.ts'
import { type InsertedRun, type PackedRun, rowOf } from '../insert.ts'
import type { NewRun } from '../records.ts'
import { headJson } from '../rows.ts'
import { ADMITTING, LOCK_SLOTS } from './slots.ts'

/** Larger requests are sent individually so that they do not delay others. */
const MAX_BYTES = 64 * 1024

type Bit = 0 | 1
type StartRow = InsertedRun & Omit<Selectable<RunRequestRow>, 'run_id'> & { has_request: Bit; needs_slot: Bit }

const RUN_COLUMNS: Columns<keyof InsertedRun> = {
  id: 'text',
  workflow_id: 'text',
  version_id: 'text',
  trigger: 'text',
  status: 'text',
  replay_of: 'text',
  attempt: 'int4',
  retry_of: 'text',
  keep_settings: 'int4',
  created_at: 'int8',
  not_before: 'int8',
  started_at: 'int8',
  server_id: 'text',
  lane: 'text',
  lane_position: 'int4',
  canary: 'int4',
  attended: 'int4',
  trace_id: 'text',
  trace_parent_id: 'text',
}
const REQUEST_COLUMNS: Columns<Exclude<keyof RunRequestRow, 'run_id'>> = {
  head_json: 'text',
  body: 'bytea',
  body_packed: 'bytea',
  source: 'bytea',
  files: 'bytea',
  redacted: 'int4',
}
const COLUMNS: Columns<keyof StartRow> = {
  ...RUN_COLUMNS,
  ...REQUEST_COLUMNS,
  has_request: 'int4',
  needs_slot: 'int4',
}

const listOf = (columns: Columns<string>): string =>
  Object.keys(columns)
    .map((name) => `"${name}"`)
    .join(', ')

/** Returns the rows' positions and the cache marks of the data that their runs use. */
const storing = (source: string): string => `
  stored as (insert into runs (${listOf(RUN_COLUMNS)}) select ${listOf(RUN_COLUMNS)} from ${source} order by position),
  requests as (insert into run_requests (run_id, ${listOf(REQUEST_COLUMNS)})
    select id, ${listOf(REQUEST_COLUMNS)} from ${source} where has_request = 1 order by position)
  select ${source}.position, ${MARK_COLUMNS}
  from ${source} join workflows on workflows.id = ${source}.workflow_id
  left join settings_totals on settings_totals.workflow_id = workflows.id`

const START: GroupStatement = {
  name: 'start_runs',
  columns: COLUMNS,
  text: `with ${inputOf(COLUMNS)}, ${storing('input')}`,
}

/**
 * Servers wait for each other's starts of the same workflow. Leaving room for them instead of waiting was no faster: with
 * two servers and 32 callers it took 1.2 times the processor time.
 */
const START_SHARED: GroupStatement = {
  name: 'start_shared_runs',
  columns: COLUMNS,
  text: `with ${inputOf(COLUMNS)}, ${ADMITTING}, ${storing('admitted')}`,
}

/** Returns null if the run cannot be part of a group. */
export type StartTogether = (run: NewRun, packed: PackedRun, alone: () => Promise<boolean>) => Promise<boolean> | null

export function openStarts({ groups }: Database, serverId: string, peers: Peers): StartTogether {
  if (groups === null) return () => null
  const group = groups.openWriter<StartRow>(async () => ((await peers.exist()) ? [LOCK_SLOTS, START_SHARED] : [START]))
  return (run, packed, alone) => {
    if (!isPlain(run, packed)) return null
    const started = (found: GroupAnswer | null): boolean => {
      if (found !== null) groups.marks.note(run, found)
      return found !== null
    }
    return group.ask(toRow(run, packed, serverId), started, alone)
  }
}

function isPlain(run: NewRun, { body, original }: PackedRun): boolean {
  const bytes = (body.plain?.length ?? 0) + (body.packed?.length ?? 0) + (run.source?.length ?? 0)
  return (
    bytes <= MAX_BYTES &&
    original === null &&
    run.key == null &&
    run.lane == null &&
    run.waits !== true &&
    run.replayOf === null &&
    (run.identities ?? []).length === 0 &&
    run.files === undefined &&
    run.entry == null
  )
}

function toRow(run: NewRun, { body }: PackedRun, serverId: string): StartRow {
  return {
    ...rowOf(run, serverId, null),
    head_json: run.request === null ? null : headJson(run.request),
    body: body.plain,
    body_packed: body.packed,
    source: run.source === null ? null : toBytes(run.source),
    files: packFiles(NO_FILES),
    redacted: bit(run.request?.redacted === true),
    has_request: bit(run.request !== null || run.source !== null),
    needs_slot: bit(run.startedAt !== null && run.trigger !== 'trial'),
  }
}
