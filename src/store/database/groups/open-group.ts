/**
 * Rows that arrive on a busy connection share the next transaction: 4 to 5 times as many runs with 32 callers. One
 * statement for all rows saved 63 µs of the server and 86 µs of PostgreSQL per run.
 */

import { CompiledQuery } from 'kysely'
import type { Pipeline } from './pipeline.ts'
import { bindAll, type Row, type RowWrite, type Written } from './rows.ts'

/** Limits memory and waiting times. */
const MAX_ROWS = 200

type Waiting<Given> = {
  readonly row: Given
  done(written: Written | null): void
  failed(error: unknown): void
}

export type GroupOptions = {
  readonly pipeline: Pipeline
  readonly lock: (names: readonly string[]) => CompiledQuery | null
  readonly writeAlone: <Given extends Row>(write: RowWrite<Given>, row: Given) => Promise<Written | null>
  /** Otherwise the group was rolled back. */
  readonly isUnknown: (error: unknown) => boolean
  readonly translate: (error: unknown) => unknown
}

export type WriteRow<Given extends Row> = (row: Given) => Promise<Written | null>

const BEGIN = CompiledQuery.raw('begin')
const COMMIT = CompiledQuery.raw('commit')

export function openGroup<Given extends Row>(
  write: RowWrite<Given>,
  { pipeline, lock, writeAlone, isUnknown, translate }: GroupOptions,
): WriteRow<Given> {
  let waiting: Waiting<Given>[] = []
  let isWorking = false
  let lastSize = 0

  async function work(): Promise<void> {
    isWorking = true
    while (waiting.length > 0) {
      // Rows of the same turn join the group. A lone caller does not wait.
      await (lastSize > 1 ? new Promise((resolve) => setImmediate(resolve)) : Promise.resolve())
      const group = waiting.slice(0, MAX_ROWS)
      waiting = waiting.slice(MAX_ROWS)
      lastSize = group.length
      try {
        const written = await send(group.map(({ row }) => row))
        for (const { row, done } of group) done(written.get(row.run_id) ?? null)
      } catch (error) {
        for (const { failed } of group) failed(error)
      }
    }
    isWorking = false
  }

  async function send(rows: readonly Given[]): Promise<ReadonlyMap<string, Written>> {
    const locks = lock(rows.flatMap((row) => write.lockOf(row) ?? []))
    const query = bindAll(write, rows)
    // A single statement is its own transaction.
    const results = await pipeline.run<Written>(locks === null ? [query] : [BEGIN, locks, query, COMMIT])
    return new Map(results[locks === null ? 0 : 2]?.map((written) => [written.id, written]))
  }

  return (row) =>
    new Promise((resolve, reject) => {
      const failed = (error: unknown) => (isUnknown(error) ? reject(translate(error)) : resolve(writeAlone(write, row)))
      waiting.push({ row, done: resolve, failed })
      if (!isWorking) void work()
    })
}
