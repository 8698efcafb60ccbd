import { CompiledQuery } from 'kysely'
import type { Mark, Marks } from './mark.ts'
import type { Pipeline } from './pipeline.ts'

type Row = { readonly id: string; readonly workflow: string; readonly settings: string | null }

/**
 * `xmin`, the transaction that wrote the row, is unique for 4 billion transactions. Every settings change writes
 * `settings_totals`.
 */
const READ_MARKS = `select workflows.id, workflows.xmin::text as workflow, totals.xmin::text as settings
  from workflows left join settings_totals as totals on totals.workflow_id = workflows.id
  where workflows.id = any($1::text[])`

type MarkOptions = {
  readonly pipeline: Pipeline
  /** A new connection may lead to a restored database. */
  readonly generation: () => number
  readonly translate: (error: unknown) => unknown
}

export function openMarks({ pipeline, generation, translate }: MarkOptions): Marks {
  const notes = new WeakMap<object, string>()
  let next: { readonly ids: Set<string>; readonly found: Promise<ReadonlyMap<string, Mark>> } | null = null
  let last: Promise<unknown> = Promise.resolve()
  let lastSize = 0

  const stamp = (mark: string) => `${generation()}.${mark}`

  async function readNext(ids: ReadonlySet<string>, before: Promise<unknown>): Promise<ReadonlyMap<string, Mark>> {
    await before
    if (lastSize > 1) await new Promise((resolve) => setImmediate(resolve))
    next = null
    lastSize = ids.size
    const [rows = []] = await pipeline
      .run<Row>([CompiledQuery.raw(READ_MARKS, [[...ids]])])
      .catch((error: unknown) => Promise.reject(translate(error)))
    return new Map(
      rows.map(({ id, workflow, settings }) => [
        id,
        { workflow: stamp(workflow), settings: settings === null ? null : stamp(settings) },
      ]),
    )
  }

  return {
    async of(id) {
      if (next === null) {
        const ids = new Set<string>()
        const found = readNext(ids, last)
        last = found.catch(() => {})
        next = { ids, found }
      }
      next.ids.add(id)
      return (await next.found).get(id) ?? null
    },
    begin() {
      const connection = generation()
      return (rowMark) => `${connection}.${rowMark}`
    },
    note: (owner, rowMark) => void notes.set(owner, stamp(rowMark)),
    noted: (owner) => notes.get(owner) ?? null,
  }
}
