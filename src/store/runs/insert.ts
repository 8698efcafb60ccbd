/** Inserts the row of a run before its process starts. */

import type { Selectable } from 'kysely'
import { NO_FILES } from '../../domain/modules/module-files.ts'
import { randomIdBytes } from '../../random.ts'
import { packFiles } from '../database/files.ts'
import { prepare } from '../database/prepare.ts'
import { bit, type Db, type RunRequestRow, type RunRow, toBytes } from '../database/tables.ts'
import { insertAudit } from '../people/audit.ts'
import { insertOriginal } from '../privacy/originals.ts'
import { claimKey } from './idempotency-keys.ts'
import type { Stored } from './payloads.ts'
import { nextPosition } from './queue/lanes.ts'
import type { NewRun } from './records.ts'
import { headJson } from './rows.ts'

const TRACE_ID_BYTES = 16

export type InsertedRun = Omit<
  RunRow,
  | 'code'
  | 'message_json'
  | 'warnings_json'
  | 'finished_at'
  | 'timing_json'
  | 'label_json'
  | 'status_code'
  | 'peak_memory_bytes'
>

export type PackedRun = { readonly body: Stored<Buffer>; readonly original: Buffer | null }
const NOTHING_PACKED: PackedRun = { body: { plain: null, packed: null }, original: null }

/** Stores the run as `running` if it has a slot, otherwise as `queued`. `original` is the request before redaction. */
export async function insertRun(
  db: Db,
  run: NewRun,
  serverId: string | null = null,
  { body, original }: PackedRun = NOTHING_PACKED,
): Promise<void> {
  if (run.key != null) await claimKey(db, run.key, run)
  if (run.entry != null) await insertAudit(db, run.entry)
  const isNewInLane = run.lane != null && run.lanePosition == null
  const position = isNewInLane ? await nextPosition(db, run.workflowId, run.lane) : (run.lanePosition ?? null)
  await insertRow(db, rowOf(run, serverId, position))
  for (const hash of run.identities ?? [])
    await db.insertInto('run_identities').values({ hash, run_id: run.id }).execute()
  if (run.replayOf !== null) await copyIdentities(db, run.replayOf, run.id)
  if (original !== null || run.waits === true)
    await insertOriginal(db, run, { request: original, waits: run.waits === true })
  if (run.request === null && run.source === null) return
  await insertRequest(db, {
    run_id: run.id,
    head_json: run.request === null ? null : headJson(run.request),
    body: body.plain,
    body_packed: body.packed,
    source: run.source === null ? null : toBytes(run.source),
    files: packFiles(run.files ?? NO_FILES),
    redacted: bit(run.request?.redacted === true),
  })
}

export function rowOf(run: NewRun, serverId: string | null, position: number | null): InsertedRun {
  const isRunning = run.startedAt !== null
  return {
    id: run.id,
    workflow_id: run.workflowId,
    version_id: run.versionId,
    trigger: run.trigger,
    status: isRunning ? 'running' : 'queued',
    replay_of: run.replayOf,
    attempt: run.attempt ?? 1,
    retry_of: run.retryOf ?? null,
    keep_settings: bit(run.keepSettings),
    created_at: run.createdAt,
    not_before: isRunning ? null : (run.notBefore ?? run.createdAt),
    started_at: run.startedAt,
    server_id: isRunning ? serverId : null,
    lane: run.lane ?? null,
    lane_position: run.lane == null ? null : position,
    canary: run.canary ?? null,
    attended: bit(run.isAttended === true),
    trace_id: run.trace?.traceId ?? randomIdBytes(TRACE_ID_BYTES).toString('hex'),
    trace_parent_id: run.trace?.parentId ?? null,
  }
}

/** A replay of a redacted request has no values to hash. */
export async function copyIdentities(db: Db, from: string, to: string): Promise<void> {
  await db
    .insertInto('run_identities')
    .columns(['hash', 'run_id'])
    .expression(({ selectFrom, val }) =>
      selectFrom('run_identities')
        .select(['hash', val(to).as('run_id')])
        .where('run_id', '=', from),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

// Compiled once per engine: a process uses one engine, tests use both.
const insertRow = prepare<InsertedRun, unknown>((db, parameter) =>
  db.insertInto('runs').values({
    id: parameter('id'),
    workflow_id: parameter('workflow_id'),
    version_id: parameter('version_id'),
    trigger: parameter('trigger'),
    status: parameter('status'),
    replay_of: parameter('replay_of'),
    attempt: parameter('attempt'),
    retry_of: parameter('retry_of'),
    keep_settings: parameter('keep_settings'),
    created_at: parameter('created_at'),
    not_before: parameter('not_before'),
    started_at: parameter('started_at'),
    server_id: parameter('server_id'),
    lane: parameter('lane'),
    lane_position: parameter('lane_position'),
    canary: parameter('canary'),
    attended: parameter('attended'),
    trace_id: parameter('trace_id'),
    trace_parent_id: parameter('trace_parent_id'),
  }),
)

const insertRequest = prepare<Selectable<RunRequestRow>, unknown>((db, parameter) =>
  db.insertInto('run_requests').values({
    run_id: parameter('run_id'),
    head_json: parameter('head_json'),
    body: parameter('body'),
    body_packed: parameter('body_packed'),
    source: parameter('source'),
    files: parameter('files'),
    redacted: parameter('redacted'),
  }),
)
