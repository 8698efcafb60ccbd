import { setImmediate as nextTurn } from 'node:timers/promises'
import { sql } from 'kysely'
import { formsOf, holdsForm } from '../../domain/privacy/value.ts'
import type { Database } from '../database/database.ts'
import { type Db, toText } from '../database/tables/tables.ts'
import { openRecording } from '../runs/rows/calls.ts'
import { PACKED, PLAIN, unpackBytesAside, unpackTextAside, withPayloads } from '../runs/rows/payloads.ts'
import { listStepTexts } from '../runs/steps/read.ts'
import type { Keyring } from '../secrets/encryption.ts'

const PAGE_RUNS = 200
const BATCH_BYTES = 2 * 1024 * 1024
const PART = 512 * 1024
const EXPANSION = 10

export async function scanRuns(
  database: Database,
  keyring: Keyring,
  value: string,
  limit: number,
): Promise<readonly string[]> {
  const forms = formsOf(value)
  const found: string[] = []
  let before: string | null = null
  for (;;) {
    const page: readonly Sized[] = await readSizes(database, before)
    for (const ids of batches(page)) {
      const held = await findIn(database, keyring, ids, forms)
      found.push(...ids.filter((id) => held.has(id)))
      if (found.length >= limit) return found.slice(0, limit)
      await nextTurn()
    }
    before = page.at(-1)?.id ?? null
    if (page.length < PAGE_RUNS) return found
  }
}

type Sized = { readonly id: string; readonly bytes: number }

async function readSizes(database: Database, before: string | null): Promise<readonly Sized[]> {
  const sizes = [
    ...PLAIN.map((name) => sql`coalesce(octet_length(${sql.ref(name)}), 0)`),
    ...PACKED.map((name) => sql`coalesce(octet_length(${sql.ref(name)}), 0) * ${sql.lit(EXPANSION)}`),
    sql`coalesce((select sum(coalesce(octet_length(data), 0) + coalesce(octet_length(shown), 0)) from run_steps
      where run_steps.run_id = runs.id), 0)`,
    sql`coalesce((select sum(coalesce(octet_length(shown), 0) + coalesce(octet_length(answer), 0)) from tasks
      where tasks.first_id = runs.id), 0)`,
  ]
  return await database.read((db) =>
    withPayloads(db)
      .select('runs.id')
      .select(sql<number>`${sql.join(sizes, sql` + `)}`.as('bytes'))
      .$if(before !== null, (query) => query.where('runs.id', '<', before ?? ''))
      .orderBy('runs.id', 'desc')
      .limit(PAGE_RUNS)
      .execute(),
  )
}

function batches(page: readonly Sized[]): readonly (readonly string[])[] {
  const all: string[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const { id, bytes: size } of page) {
    if (bytes + size > BATCH_BYTES) {
      all.push([])
      bytes = 0
    }
    all.at(-1)?.push(id)
    bytes += size
  }
  return all
}

async function findIn(
  database: Database,
  keyring: Keyring,
  ids: readonly string[],
  forms: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await database.read((db) => selectTexts(db, ids))
  const found = new Set<string>()
  for (const { id, text } of await database.read((db) => listStepTexts(db, keyring, ids)))
    if (!found.has(id) && (await holdsInParts(text, forms, unescapeJson))) found.add(id)
  for (const row of rows) if (await holdsInRow(row, keyring, forms)) found.add(row.id)
  return found
}

async function selectTexts(db: Db, ids: readonly string[]) {
  return await withPayloads(db)
    .select(['runs.id', 'runs.workflow_id', 'message_json', 'label_json', 'warnings_json'])
    .select([...PLAIN])
    .select([...PACKED])
    .where('runs.id', 'in', ids)
    .execute()
}

type Row = Awaited<ReturnType<typeof selectTexts>>[number]

async function holdsInRow(row: Row, keyring: Keyring, forms: readonly string[]): Promise<boolean> {
  const recording = row.recording === null ? null : openRecording(keyring, row.workflow_id, row.id, row.recording)
  const escaped = [
    await unpackTextAside({ plain: row.result_json, packed: row.result_packed }),
    recording,
    await unpackTextAside({ plain: row.logs_json, packed: row.logs_packed }),
    row.files,
  ]
  for (const json of escaped) if (json !== null && (await holdsInParts(json, forms, unescapeJson))) return true
  const body = await unpackBytesAside({ plain: row.body, packed: row.body_packed })
  const texts = [row.head_json, row.message_json, row.label_json, row.warnings_json, row.calls_json, row.source, body]
  for (const text of texts) if (text !== null && (await holdsInParts(text, forms))) return true
  return false
}

/** One part per turn of the event loop. A body of 30 MiB took 400 ms. */
async function holdsInParts(
  text: string | Uint8Array,
  forms: readonly string[],
  read = (part: string): string => part,
): Promise<boolean> {
  // Covers a form at a boundary, even with four bytes or an escape per character.
  const overlap = 4 * Math.max(...forms.map((form) => form.length))
  for (let at = 0; ; at += PART) {
    const end = at + PART + overlap
    const part = typeof text === 'string' ? text.slice(at, end) : toText(text.subarray(at, end))
    if (holdsForm(read(part), forms)) return true
    if (end >= text.length) return false
    await nextTurn()
  }
}

const unescapeJson = (json: string): string => json.replaceAll('\\"', '"').replaceAll('\\\\', '\\')
