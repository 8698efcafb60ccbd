/** Texts of runs that are not indexed. */

import type { Run } from '../../../domain/runs/run.ts'
import type { Db } from '../../database/tables/tables.ts'
import { parseTexts, type StoredTexts, selectSizes, selectTexts, type Texts, unpackTexts } from '../rows/texts.ts'

/** Text without a pause (8 ms). */
const MAX_AT_ONCE = 1024 * 1024

type Stored = { readonly run: Run; readonly texts: StoredTexts | undefined }

export async function selectBatch(db: Db, runs: readonly Run[]): Promise<readonly Stored[]> {
  const sizes = await selectSizes(
    db,
    runs.map(({ id }) => id),
  ).execute()
  const bytesOf = new Map(sizes.map(({ id, bytes }) => [id, bytes]))
  let bytes = 0
  const end = runs.findIndex(({ id }, index) => {
    bytes += bytesOf.get(id) ?? 0
    return index > 0 && bytes > MAX_AT_ONCE
  })
  const some = end === -1 ? runs : runs.slice(0, end)
  const rows = await selectTexts(
    db,
    some.map(({ id }) => id),
  ).execute()
  const textsOf = new Map(rows.map((row) => [row.id, row]))
  return some.map((run) => ({ run, texts: textsOf.get(run.id) }))
}

/** A small packed text may unpack to a large one. */
export function lookInto(batch: readonly Stored[], wanted: string) {
  const escaped = JSON.stringify(wanted).slice(1, -1)
  const looked: { readonly run: Run; readonly texts: Texts | null }[] = []
  let length = 0
  for (const { run, texts } of batch) {
    if (length >= MAX_AT_ONCE) break
    if (texts === undefined) {
      looked.push({ run, texts: null })
      continue
    }
    const parts = unpackTexts(texts)
    length += parts.request.length + parts.resultJson.length + parts.logsJson.length
    const mayHold = [parts.label, parts.error, parts.request].some((text) => text.toLowerCase().includes(wanted))
    const isInJson = [parts.resultJson, parts.logsJson].some((text) => text.toLowerCase().includes(escaped))
    looked.push({ run, texts: mayHold || isInJson ? parseTexts(parts) : null })
  }
  return { looked, length }
}
