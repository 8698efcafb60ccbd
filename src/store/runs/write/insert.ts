import { NO_FILES } from '../../../domain/modules/module-files.ts'
import { pooledRandomBytes } from '../../../random.ts'
import { insertAudit } from '../../audit/audit.ts'
import { packFiles } from '../../database/files.ts'
import { insertInto, rowWrite, type Written, writeRow } from '../../database/groups/rows.ts'
import { REQUEST_COLUMNS, type RunRequestRow, START_COLUMNS, type StartedRow } from '../../database/tables/runs.ts'
import { type Bit, bit, type Db, toBytes } from '../../database/tables/tables.ts'
import type { Keyring } from '../../secrets/encryption.ts'
import { nextPosition } from '../queue/lanes.ts'
import { TAKEN_SLOTS } from '../queue/slots.ts'
import { holdData, runErased } from '../rows/erased.ts'
import { insertOriginal, sealRequest } from '../rows/originals.ts'
import { packBytes, type Stored } from '../rows/payloads.ts'
import type { NewRun } from '../rows/records.ts'
import { headJson } from '../rows/rows.ts'
import { addStarter } from '../steps/starters.ts'
import { claimKey } from './idempotency-keys.ts'
import { noteLate } from './late-runs.ts'

const TRACE_ID_BYTES = 16

export type PackedRun = {
  readonly body: Stored<Buffer>
  readonly original: Buffer | null
  /** A lone server counts its slots in memory. */
  readonly countsSlots: boolean
}
const NO_BODY = { plain: null, packed: null } as const
const NOTHING_PACKED: PackedRun = { body: NO_BODY, original: null, countsSlots: false }

/** Call it before the transaction: a large request takes long. */
export async function packRun(keyring: Keyring, run: NewRun, countsSlots: boolean): Promise<PackedRun> {
  return {
    body: run.request === null ? NO_BODY : await packBytes(run.request.body),
    original: run.original == null ? null : sealRequest(keyring, run.workflowId, run.id, run.original),
    countsSlots,
  }
}

const MAX_SHARED_BYTES = 64 * 1024

export function isPlain(run: NewRun, { body, original }: PackedRun): boolean {
  const bytes = (body.plain?.length ?? 0) + (body.packed?.length ?? 0) + (run.source?.length ?? 0)
  return (
    bytes <= MAX_SHARED_BYTES &&
    original === null &&
    run.key == null &&
    run.entry == null &&
    run.parentRunId == null &&
    run.lane == null &&
    run.waits !== true &&
    run.replayOf === null &&
    (run.identities ?? []).length === 0 &&
    run.files === undefined
  )
}

/** Null: no free slot. */
export async function insertRun(
  db: Db,
  run: NewRun,
  serverId: string | null = null,
  packed: PackedRun = NOTHING_PACKED,
): Promise<Written | null> {
  // A replay may have waited for a slot or a build.
  if (run.replayOf !== null && run.retryOf == null && !(await holdData(db, run.replayOf))) throw runErased(run.replayOf)
  const isNewInLane = run.lane != null && run.lanePosition == null
  const position = isNewInLane ? await nextPosition(db, run.workflowId, run.lane) : (run.lanePosition ?? null)
  const written = await writeRow(db, START, startRowOf(run, serverId, packed, position))
  if (written === null) return null
  await noteLate(db, run.id, run.createdAt)
  if (run.key != null) await claimKey(db, run.key, run)
  if (run.parentRunId != null) await setParent(db, run, run.parentRunId)
  if (run.entry != null) await insertAudit(db, run.entry)
  if (run.durable === true && run.entry != null) await addStarter(db, run.retryOf ?? run.id, run.entry.by)
  for (const hash of run.identities ?? [])
    await db.insertInto('run_identities').values({ hash, run_id: run.id }).execute()
  if (run.replayOf !== null) await copyIdentities(db, run.replayOf, run.id)
  const { original } = packed
  if (original !== null || run.waits === true)
    await insertOriginal(db, run, { request: original, waits: run.waits === true })
  return written
}

/** A test that calls a run waits for it in memory. */
async function setParent(db: Db, { id, trigger }: NewRun, parentRunId: string): Promise<void> {
  const parent_waits = trigger === 'run' ? 1 : null
  await db.updateTable('runs').set({ parent_run_id: parentRunId, parent_waits }).where('id', '=', id).execute()
}

export function startRowOf(
  run: NewRun,
  serverId: string | null,
  { body, countsSlots }: PackedRun,
  position: number | null = null,
): StartRow {
  return {
    ...rowOf(run, serverId, position),
    needs_slot: bit(countsSlots && run.startedAt !== null && run.trigger !== 'trial'),
    run_id: run.id,
    head_json: run.request === null ? null : headJson(run.request),
    body: body.plain,
    body_packed: body.packed,
    source: run.source === null ? null : toBytes(run.source),
    files: packFiles(run.files ?? NO_FILES),
    redacted: bit(run.request?.redacted === true),
  }
}

function rowOf(run: NewRun, serverId: string | null, position: number | null): StartedRow {
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
    trace_id: run.trace?.traceId ?? pooledRandomBytes(TRACE_ID_BYTES).toString('hex'),
    trace_parent_id: run.trace?.parentId ?? null,
    parts: run.durable !== true ? null : isRunning ? 1 : 0,
    steps: run.durable === true ? 0 : null,
    turned_at: run.durable === true ? run.startedAt : null,
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

type StartRow = StartedRow & RunRequestRow & { needs_slot: Bit }

const MARK = ', (select xmin::text from settings_totals where workflow_id = runs.workflow_id) as mark'

/** SQLite's one server counts its slots in memory. */
export const START = rowWrite<StartRow>({
  first: {
    columns: { ...START_COLUMNS, needs_slot: 'int4' },
    text: insertInto(
      'runs',
      START_COLUMNS,
      `needs_slot = 0 or not exists (
        select 1 from workflows where workflows.id = input.workflow_id and ${TAKEN_SLOTS} + nth > max_concurrency
      )`,
    ),
  },
  mark: MARK,
  second: { columns: REQUEST_COLUMNS, text: insertInto('run_requests', REQUEST_COLUMNS) },
  needsSecond: ({ head_json, source }) => head_json !== null || source !== null,
  lockOf: ({ needs_slot, workflow_id }) => (needs_slot === 1 ? workflow_id : null),
})
