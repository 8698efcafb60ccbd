/** Changes single bytes of stored decisions, and looks whether verification finds each of them. */

import type { Api } from '../client.ts'
import type { Workflow } from '../load.ts'
import type { Random } from '../random.ts'
import { verify } from './check.ts'
import type { Row, Tables, Value } from './tables.ts'

export type Changed = { readonly bytes: number; readonly found: number; readonly broken: readonly string[] }

type Place = { readonly table: string; readonly key: string; readonly id: Value; readonly column: string }

export type ChangeOptions = {
  readonly api: Api
  readonly tables: Tables
  readonly random: Random
  /** Changes of each column of each row. */
  readonly times: number
}

/** When a head was anchored is not evidence: the anchors are in the audit log. */
const NOT_EVIDENCE = ['anchored_number', 'anchored_at']

/** Changes every column of these decisions, of their attributes and of their chain. */
export async function changeBytes(
  { api, tables, random, times }: ChangeOptions,
  workflow: Workflow,
  ids: readonly string[],
): Promise<Changed> {
  const places = [
    ...(await placesOf(tables, 'decisions', 'id', ids)),
    ...(await placesOf(tables, 'decision_attributes', 'decision_id', ids)),
    ...(await placesOf(tables, 'decision_chains', 'workflow_id', [workflow.id])),
  ]
  const broken: string[] = []
  let bytes = 0
  let found = 0
  await tables.withoutTriggers(async () => {
    for (const place of places) {
      const name = `${place.table}.${place.column} of ${place.id}`
      for (let time = 0; time < times; time += 1) {
        const { old, changed } = await changeByte(tables, place, random)
        bytes += 1
        if (!(await verify(api, workflow)).ok) found += 1
        else broken.push(`${name}: ${show(old)} was changed to ${show(changed)}, and not found`)
        await write(tables, place.column === place.key ? { ...place, id: changed } : place, old)
      }
      if (!(await verify(api, workflow)).ok) broken.push(`${name} was restored, and verification still fails`)
    }
  })
  return { bytes, found, broken }
}

async function placesOf(tables: Tables, table: string, key: string, ids: readonly string[]): Promise<readonly Place[]> {
  const rows: Row[] = []
  for (const id of ids) rows.push(...(await tables.query(`select * from ${table} where ${key} = ?`, [id])))
  return rows.flatMap((row) =>
    Object.keys(row)
      .filter((column) => !NOT_EVIDENCE.includes(column))
      .map((column) => ({ table, key, id: row[key] ?? null, column })),
  )
}

const TRIES = 50

/** The database refuses some changes, such as a number that occurs twice. Then another byte is changed. */
async function changeByte(tables: Tables, place: Place, random: Random) {
  const { table, key, id, column } = place
  const [row] = await tables.query(`select ${column} from ${table} where ${key} = ?`, [id])
  const old = row?.[column] ?? null
  for (let tries = 1; ; tries += 1) {
    const changed = otherByte(old, column, random)
    try {
      await write(tables, place, changed)
      return { old, changed }
    } catch (error) {
      if (tries === TRIES) throw error
    }
  }
}

const write = ({ query }: Tables, { table, key, id, column }: Place, value: Value) =>
  query(`update ${table} set ${column} = ? where ${key} = ?`, [value, id])

const FIRST_PRINTABLE = 0x20
const LAST_PRINTABLE = 0x7e
/** PostgreSQL refuses an integer with bit 31 or above. */
const MAX_BIT = 30

function otherByte(value: Value, column: string, random: Random): Value {
  if (value === null) return column.endsWith('_at') ? 1 : 'agreed'
  if (typeof value === 'number') return Number(BigInt(value) ^ (1n << BigInt(random.whole(0, MAX_BIT))))
  if (typeof value === 'string') {
    const at = random.whole(0, value.length - 1)
    const printable = random.whole(FIRST_PRINTABLE, LAST_PRINTABLE)
    const other =
      printable === value.charCodeAt(at) ? (printable === LAST_PRINTABLE ? FIRST_PRINTABLE : printable + 1) : printable
    return `${value.slice(0, at)}${String.fromCharCode(other)}${value.slice(at + 1)}`
  }
  const bytes = Buffer.from(value)
  const at = random.whole(0, bytes.length - 1)
  bytes[at] = (bytes[at] ?? 0) ^ random.whole(1, 255)
  return bytes
}

const show = (value: Value): string =>
  (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value)).slice(0, 100)
