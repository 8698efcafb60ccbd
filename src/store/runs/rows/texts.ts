import { sql } from 'kysely'
import type { Warning } from '../../../domain/runs/run.ts'
import { type Db, toText } from '../../database/tables/tables.ts'
import { unpackSmall } from './payloads.ts'
import { parseLogs, parseResult } from './rows.ts'

const MAX_TEXT = 64 * 1024

const PLACES = ['label', 'error', 'request', 'answer', 'log'] as const
type Place = (typeof PLACES)[number]
export type Texts = Readonly<Record<Place, string>>

const COLUMNS = ['body', 'body_packed', 'result_json', 'result_packed', 'logs_json', 'logs_packed'] as const
type Column = (typeof COLUMNS)[number]

export function selectTexts(db: Db, ids: readonly string[]) {
  return selectPayloads(db, ids)
    .select(['runs.id', 'runs.status', 'runs.created_at', 'message_json', 'label_json', 'warnings_json'])
    .select([
      short<Uint8Array, 'body'>('body'),
      short<Uint8Array, 'body_packed'>('body_packed'),
      short<string, 'result_json'>('result_json'),
      short<Uint8Array, 'result_packed'>('result_packed'),
      short<string, 'logs_json'>('logs_json'),
      short<Uint8Array, 'logs_packed'>('logs_packed'),
    ])
}

export function selectSizes(db: Db, ids: readonly string[]) {
  const sizes = COLUMNS.map((name) => {
    const size = sql`coalesce(octet_length(${sql.ref(name)}), 0)`
    return sql`case when ${size} <= ${sql.lit(MAX_TEXT)} then ${size} else 0 end`
  })
  return selectPayloads(db, ids).select(['runs.id', sql<number>`${sql.join(sizes, sql` + `)}`.as('bytes')])
}

const selectPayloads = (db: Db, ids: readonly string[]) =>
  db
    .selectFrom('runs')
    .leftJoin('run_requests', 'run_requests.run_id', 'runs.id')
    .leftJoin('run_results', 'run_results.run_id', 'runs.id')
    .where('runs.id', 'in', ids)

function short<T, Name extends Column>(name: Name) {
  const column = sql.ref(name)
  return sql<T | null>`case when octet_length(${column}) <= ${sql.lit(MAX_TEXT)} then ${column} end`.as(name)
}

export type StoredTexts = Awaited<ReturnType<ReturnType<typeof selectTexts>['execute']>>[number]

/** Answer and log remain JSON with field names that must not match. */
export function unpackTexts(row: StoredTexts) {
  const warnings: readonly Warning[] = row.warnings_json === null ? [] : JSON.parse(row.warnings_json)
  return {
    label: parseText(row.label_json),
    error: [parseText(row.message_json), ...warnings.map(({ message }) => message)].filter(Boolean).join('\n'),
    request: textOf(row.body === null ? null : toText(row.body), row.body_packed),
    resultJson: textOf(row.result_json, row.result_packed),
    logsJson: textOf(row.logs_json, row.logs_packed),
  }
}

export function parseTexts({ label, error, request, resultJson, logsJson }: ReturnType<typeof unpackTexts>): Texts {
  const result = resultJson === '' ? null : parseResult(resultJson)
  return {
    label,
    error: [error, result?.traceback].filter(Boolean).join('\n'),
    request,
    answer: [result?.response?.body, result?.result].filter(Boolean).join('\n'),
    log:
      logsJson === ''
        ? ''
        : parseLogs(logsJson)
            .map(({ text }) => text)
            .join('\n'),
  }
}

const BREAK = '\u001e'
// PostgreSQL text cannot store U+0000, which bodies with files may contain.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
export const UNSEARCHED = /[\u0000-\u0008\u000e-\u001f\ufffd]+/g

export const joinTexts = (texts: Texts): string =>
  PLACES.map((place) => texts[place].replace(UNSEARCHED, ' ')).join(BREAK)

export function splitTexts(text: string): Texts {
  const [label = '', error = '', request = '', answer = '', log = ''] = text.split(BREAK)
  return { label, error, request, answer, log }
}

const parseText = (json: string | null): string => (json === null ? '' : String(JSON.parse(json)))

function textOf(plain: string | null, packed: Uint8Array | null): string {
  const bytes = packed === null ? null : unpackSmall(packed, MAX_TEXT)
  return bytes === null ? (plain ?? '') : toText(bytes)
}

export type Match = { readonly place: Place; readonly text: string }

/** What hides a workflow's secrets from who searches. Null hides nothing. */
export type HideIn = (workflowId: string) => Promise<((text: string) => string) | null>

/** A cut secret could not be recognised, and a match inside one would confirm a guess. `text` must be lower case. */
export async function findShown(
  { workflowId }: { readonly workflowId: string },
  texts: Texts,
  { text, hideIn }: { readonly text: string; readonly hideIn: HideIn },
): Promise<Match | null> {
  const match = findMatch(texts, text)
  const hide = match && (await hideIn(workflowId))
  if (hide === null) return match
  // Hidden texts take up to 3 ms for 128 KiB.
  await new Promise((resolve) => setImmediate(resolve))
  const shown = Object.fromEntries(PLACES.map((place) => [place, hide(texts[place])])) as Texts
  return findMatch(shown, text)
}

const BEFORE = 40
const AFTER = 120

/** `wanted` must be lower case. */
function findMatch(texts: Texts, wanted: string): Match | null {
  for (const place of PLACES) {
    const text = texts[place]
    const at = text.toLowerCase().indexOf(wanted)
    if (at === -1) continue
    const start = Math.max(0, at - BEFORE)
    const end = Math.min(text.length, at + wanted.length + AFTER)
    // A surrogate split by the cut becomes U+FFFD.
    const cut = text.slice(start, end).toWellFormed().replace(/\s+/g, ' ')
    return { place, text: `${start > 0 ? '…' : ''}${cut}${end < text.length ? '…' : ''}` }
  }
  return null
}
