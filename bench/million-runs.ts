/**
 * A long history that can be searched: runs of candidates' files, with what was sent, answered and said, and their texts
 * in the index. Everything goes through the store's own tables, and so through the trigger that fills SQLite's index.
 */

import type { DatabaseOptions } from '../src/store/database/database.ts'
import { openDatabase } from '../src/store/database/engines/open.ts'
import { writeMeta } from '../src/store/database/meta.ts'
import { type Db, toBytes } from '../src/store/database/tables/tables.ts'
import { firstId, INDEXED_TO } from '../src/store/runs/read/run-index.ts'
import { headJson, resultJson } from '../src/store/runs/rows/rows.ts'
import { joinTexts } from '../src/store/runs/rows/texts.ts'
import { pastRun } from '../test/helpers/many-runs.ts'

/** Parameters of one statement: PostgreSQL takes at most 65,535. */
const CHUNK = 500
/** Runs of one transaction. */
const UNIT = 20_000
const FIRST_NAMES = 'Ada Grace Alan Edsger Barbara Donald Margaret Niklaus Katherine Dennis'.split(' ')
const LAST_NAMES = 'Lovelace Hopper Turing Dijkstra Liskov Knuth Hamilton Wirth Johnson Ritchie'.split(' ')

const HEAD = { method: 'POST', url: '/', query: '', headers: [['content-type', 'application/json']] } as const

export type History = {
  readonly workflowIds: readonly string[]
  readonly count: number
  /** When the newest of them was created. */
  readonly until: number
  readonly apartMs: number
}

/** The name and the file of this candidate; no other has them. */
export const candidateOf = (number: number): { name: string; file: string } => {
  const first = FIRST_NAMES[number % 10] ?? ''
  const last = LAST_NAMES[Math.floor(number / 10) % 10] ?? ''
  const mark = ((number * 2_654_435_761) % 4_294_967_296).toString(36)
  return { name: `${first} ${last}`, file: `${first}-${last}-${mark}.pdf`.toLowerCase() }
}

/** Writes the runs past a server that is stopped, the oldest first. Every second one is of the first workflow. */
export async function writeHistory(options: DatabaseOptions, history: History): Promise<void> {
  const database = await openDatabase(options)
  for (let from = 0; from < history.count; from += UNIT) {
    await database.maintain((db) => writeUnit(db, history, from, Math.min(from + UNIT, history.count)))
  }
  await database.maintain((db) => writeMeta(db, INDEXED_TO, toBytes(String(history.until))))
  await database.close()
}

async function writeUnit(db: Db, history: History, from: number, to: number): Promise<void> {
  for (let start = from; start < to; start += CHUNK) {
    const all = Array.from({ length: Math.min(CHUNK, to - start) }, (_, index) => makeRun(history, start + index))
    await db
      .insertInto('runs')
      .values(all.map(({ run }) => run))
      .execute()
    await db
      .insertInto('run_requests')
      .values(all.map(({ request }) => request))
      .execute()
    await db
      .insertInto('run_results')
      .values(all.map(({ result }) => result))
      .execute()
    await db
      .insertInto('run_texts')
      .values(all.map(({ text }) => text))
      .execute()
  }
}

function makeRun({ workflowIds, count, until, apartMs }: History, number: number) {
  const createdAt = until - (count - 1 - number) * apartMs
  const workflowId = workflowIds[number % 2 === 0 ? 0 : (number >> 1) % workflowIds.length] ?? ''
  const message = number % 1000 === 0 ? `ValueError: run ${number}` : null
  const run = { ...pastRun({ workflowId, versionId: null, createdAt, ms: 20, message }), status_code: 201 }
  const { name, file } = candidateOf(number)
  const request = JSON.stringify({ file_url: `https://files.example.com/cv/${file}`, source: 'careers' })
  const answer = JSON.stringify({ name, key: `profile-${number}`, skills: ['python', 'recruiting'] })
  const log = `parsed ${file}`
  const head_json = headJson({ ...HEAD, body: Buffer.alloc(0) })
  const response = { status: 201, headers: [], body: answer }
  return {
    run,
    request: { run_id: run.id, head_json, body: toBytes(request), redacted: 0 as const },
    result: {
      run_id: run.id,
      result_json: resultJson({ traceback: null, response, result: null }),
      logs_json: JSON.stringify([[1, 'stdout', log]]),
    },
    // The times are apart, so each has the first id of its millisecond.
    text: {
      id: firstId(createdAt),
      run_id: run.id,
      text: joinTexts({ label: '', error: message ?? '', request, answer, log }),
    },
  }
}
