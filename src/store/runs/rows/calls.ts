import type { Exchange, OutgoingCall } from '../../../domain/runs/outgoing.ts'
import type { Outcome } from '../../../domain/runs/run.ts'
import { type Db, toBuffer } from '../../database/tables/tables.ts'
import type { Binding, Keyring } from '../../secrets/encryption.ts'

/** `leftOut`: calls that were not stored. */
export type RunCalls = { readonly calls: readonly OutgoingCall[]; readonly leftOut: number }

export type PackedCalls = { readonly json: string; readonly leftOut: number; readonly recording: Buffer | null }

const NO_CALLS: RunCalls = { calls: [], leftOut: 0 }

export const recordingBinding = (workflowId: string, runId: string): Binding => ({
  purpose: 'recording',
  workflowId,
  key: runId,
  revision: 0,
})

/** Call it before the transaction. */
export function packCalls(
  keyring: Keyring,
  { workflowId, runId }: { readonly workflowId: string; readonly runId: string },
  { calls = [], callsLeftOut = 0 }: Outcome,
): PackedCalls | null {
  if (calls.length === 0 && callsLeftOut === 0) return null
  const exchanges = calls.flatMap(({ id, exchange }) => (exchange === null ? [] : [[id, exchange] as const]))
  const recording =
    exchanges.length === 0 ? null : keyring.encrypt(JSON.stringify(exchanges), recordingBinding(workflowId, runId))
  const json = JSON.stringify(calls.map(({ exchange: _, ...call }) => call))
  return { json, leftOut: callsLeftOut, recording }
}

export const openRecording = (keyring: Keyring, workflowId: string, runId: string, recording: Uint8Array): string =>
  keyring.decrypt(toBuffer(recording), recordingBinding(workflowId, runId))

export async function insertCalls(
  db: Db,
  { workflowId, runId }: { readonly workflowId: string; readonly runId: string },
  { json, leftOut, recording }: PackedCalls,
): Promise<void> {
  await db
    .insertInto('run_calls')
    .values({ run_id: runId, workflow_id: workflowId, calls_json: json, left_out: leftOut, recording })
    .execute()
}

export async function listCalls(db: Db, keyring: Keyring, runId: string, withExchanges: boolean): Promise<RunCalls> {
  const row = await db.selectFrom('run_calls').selectAll().where('run_id', '=', runId).executeTakeFirst()
  if (row === undefined) return NO_CALLS
  const calls: readonly Omit<OutgoingCall, 'exchange'>[] = JSON.parse(row.calls_json)
  const recorded: readonly (readonly [string, Exchange])[] =
    !withExchanges || row.recording === null
      ? []
      : JSON.parse(openRecording(keyring, row.workflow_id, runId, row.recording))
  const exchanges = new Map(recorded)
  return { calls: calls.map((call) => ({ ...call, exchange: exchanges.get(call.id) ?? null })), leftOut: row.left_out }
}
