import type { LogLine, Warning } from '../../../domain/runs/run.ts'
import type { StepKey, Wait, WaitingFor } from '../../../domain/runs/steps.ts'
import { LIMITS } from '../../../domain/workflows/workflow.ts'
import type { Database } from '../../database/database.ts'
import { prepare } from '../../database/prepare.ts'
import type { RunResultRow } from '../../database/tables/runs.ts'
import type { Db } from '../../database/tables/tables.ts'
import { insertProposal } from '../../decisions/proposals.ts'
import type { Keyring } from '../../secrets/encryption.ts'
import { packText, type Stored, unpackText } from '../rows/payloads.ts'
import { logsJson, parseLogs } from '../rows/rows.ts'
import type { Part, Suspension } from '../rows/step-records.ts'
import { cancelIfRequested } from './cancel.ts'
import { type InsertedChild, insertChild } from './children.ts'
import { insertStep } from './commit.ts'
import { insertEventWait } from './events.ts'
import { keyOf, ownsPart, sealStep } from './rows.ts'
import { openTask } from './task-rows.ts'

type OfRun = { readonly runId: string }

/** Returns the log of all parts. Only the owner of the part writes it. */
export async function appendLog(
  database: Pick<Database, 'read'>,
  runId: string,
  lines: readonly LogLine[],
): Promise<Stored<string>> {
  const [row] = (await database.read((db) => SELECT_LOG(db, { runId }))).rows
  const json = row === undefined ? null : unpackText({ plain: row.logs_json, packed: row.logs_packed })
  return await packText(logsJson(withinLimit([...(json === null ? [] : parseLogs(json)), ...lines])))
}

const SELECT_LOG = prepare<OfRun, Pick<RunResultRow, 'logs_json' | 'logs_packed'>>((db, parameter) =>
  db.selectFrom('run_results').select(['logs_json', 'logs_packed']).where('run_id', '=', parameter('runId')),
)

/** All parts share the limit. */
function withinLimit(lines: readonly LogLine[]): readonly LogLine[] {
  let bytes = 0
  const end = lines.findIndex(({ text }) => {
    bytes += Buffer.byteLength(text) + 1
    return bytes > LIMITS.logBytes
  })
  return end === -1 ? lines : lines.slice(0, end)
}

export async function suspendRun(
  db: Db,
  { keyring, serverId }: { readonly keyring: Keyring; readonly serverId: string },
  {
    part,
    waits,
    questions,
    proposals,
    children,
    at,
  }: Omit<Suspension, 'children'> & {
    readonly children: readonly InsertedChild[]
  },
  logs: Stored<string>,
): Promise<boolean> {
  if (!(await ownsPart(db, serverId, part))) return false
  for (const wait of waits) {
    const child = children.find(({ call }) => idOf(call) === idOf(wait))
    if (wait.kind === 'event') await insertEventWait(db, keyring, part, wait, at)
    else if (child !== undefined) await insertChild(db, keyring, part, child, { wait, at })
    // A run that was called earlier has its row.
    else if (wait.kind !== 'run') await insertWait(db, keyring, part, { wait, at })
  }
  await db.deleteFrom('run_results').where('run_id', '=', part.runId).execute()
  await db
    .insertInto('run_results')
    .values({ run_id: part.runId, logs_json: logs.plain, logs_packed: logs.packed })
    .execute()
  const { waiting, warnings } = await openTasks(db, keyring, { part, waits, questions, proposals, at })
  await db
    .updateTable('runs')
    .set({
      status: 'waiting',
      server_id: null,
      // The run is a background run from here on.
      attended: 0,
      not_before: (await isOver(db, part.firstId, waits)) ? at : Math.min(...waits.map(({ until }) => until)),
      logged_parts: part.part,
      turned_at: at,
      waiting_json: JSON.stringify(await keepSince(db, part.firstId, waiting)),
      ...(warnings.length === 0 ? {} : { warnings_json: JSON.stringify(await addWarnings(db, part.runId, warnings)) }),
    })
    .where('id', '=', part.runId)
    .execute()
  await cancelIfRequested(db, part.runId, at)
  return true
}

type NewWait = { readonly wait: Wait; readonly at: number }

async function insertWait(db: Db, keyring: Keyring, part: Part, { wait, at }: NewWait): Promise<void> {
  const data = sealStep(keyring, part, wait, wait.json)
  const { attempts, until } = wait
  const values = { status: 'waiting', data, shown: null, attempts, started_at: at, finished_at: null, until } as const
  await insertStep(db, part, wait, values)
}

const idOf = ({ kind, name, number }: StepKey): string => JSON.stringify([kind, name, number])

async function openTasks(
  db: Db,
  keyring: Keyring,
  { part, waits, questions, proposals, at }: Omit<Suspension, 'logs' | 'children'>,
): Promise<{ readonly waiting: readonly WaitingFor[]; readonly warnings: readonly Warning[] }> {
  const waiting: WaitingFor[] = []
  const warnings: Warning[] = []
  for (const { kind, name, until } of waits) {
    const question = kind === 'task' ? questions.get(name) : undefined
    const wait = { kind, name, since: at, until }
    if (question === undefined) {
      waiting.push(wait)
      continue
    }
    const proposed = proposals.get(name)
    const outcome = proposed?.proposal.decision.given.outcome ?? null
    const task = { part, name, question, proposed: outcome, until, now: at }
    const { id, warning } = await openTask(db, task)
    if (proposed !== undefined) await insertProposal(db, keyring, { ...proposed, taskId: id, part, now: at })
    waiting.push({ ...wait, taskId: id })
    if (warning !== null) warnings.push(warning)
  }
  return { waiting, warnings }
}

/** An awaited event may have arrived earlier. */
async function isOver(db: Db, firstId: string, waits: readonly Wait[]): Promise<boolean> {
  const rows = await db
    .selectFrom('run_steps')
    .select(['kind', 'name_json', 'number'])
    .where('run_id', '=', firstId)
    .where('kind', 'in', [...new Set(waits.map(({ kind }) => kind))])
    .where('status', '<>', 'waiting')
    .execute()
  const over = new Set(rows.map(({ kind, name_json, number }) => `${kind} ${number} ${name_json}`))
  return waits.map(keyOf).some(({ kind, name_json, number }) => over.has(`${kind} ${number} ${name_json}`))
}

/** A wait of an earlier part keeps its start. */
async function keepSince(db: Db, firstId: string, waiting: readonly WaitingFor[]): Promise<readonly WaitingFor[]> {
  const rows = await db
    .selectFrom('run_steps')
    .select(['kind', 'name_json', 'started_at', 'child_id'])
    .where('run_id', '=', firstId)
    .where('status', '=', 'waiting')
    .execute()
  return waiting.map((wait) => {
    const { kind, name_json } = keyOf({ ...wait, number: 1 })
    const found = rows.find((row) => row.kind === kind && row.name_json === name_json)
    const child = found?.child_id == null ? {} : { runId: found.child_id }
    return { ...wait, since: found?.started_at ?? wait.since, ...child }
  })
}

export async function addWarnings(db: Db, runId: string, warnings: readonly Warning[]): Promise<readonly Warning[]> {
  const [run] = (await SELECT_WARNINGS(db, { runId })).rows
  const earlier: readonly Warning[] = JSON.parse(run?.warnings_json ?? '[]')
  return [...earlier, ...warnings]
}

const SELECT_WARNINGS = prepare<OfRun, { readonly warnings_json: string | null }>((db, parameter) =>
  db.selectFrom('runs').select('warnings_json').where('id', '=', parameter('runId')),
)
