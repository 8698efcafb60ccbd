/**
 * Group commit for PostgreSQL: the rows that come while a connection is busy travel together in one statement, which is
 * one transaction. Measured in turns with a transaction for each run, 32 callers: 4 to 5 times the runs.
 */

import { encodeArray } from './binary-arrays.ts'
import type { Group, GroupAnswer, GroupRow, GroupStatement } from './groups.ts'
import type { AnswerRow, Pipeline, Statement } from './pipeline.ts'

/** A group is held in memory twice, and its callers wait for all of it. */
const MAX_ROWS = 200

type Waiting = { readonly row: GroupRow; done(found: GroupAnswer | null): void; failed(error: unknown): void }

export type GroupOptions = {
  readonly pipeline: Pipeline
  readonly plan: () => Promise<readonly GroupStatement[]>
  /** Whether it is unknown what became of the group: otherwise, nothing of it was kept. */
  readonly isUnknown: (error: unknown) => boolean
  readonly translate: (error: unknown) => unknown
}

/** One group is under way at a time; what comes meanwhile makes the next. */
export function openGroup<Row extends GroupRow>({ pipeline, plan, isUnknown, translate }: GroupOptions): Group<Row> {
  let waiting: Waiting[] = []
  let isWorking = false
  let lastSize = 0

  async function work(): Promise<void> {
    isWorking = true
    while (waiting.length > 0) {
      // What comes in the same moment travels along; a lone caller waits for nothing.
      await (lastSize > 1 ? new Promise((resolve) => setImmediate(resolve)) : Promise.resolve())
      const group = waiting.slice(0, MAX_ROWS)
      waiting = waiting.slice(MAX_ROWS)
      lastSize = group.length
      try {
        const rows = await send(pipeline, await plan(), group)
        const byPosition = new Map(rows.map((row) => [Number(row.position), row]))
        for (const [index, { done }] of group.entries()) done(byPosition.get(index + 1) ?? null)
      } catch (error) {
        for (const { failed } of group) failed(error)
      }
    }
    isWorking = false
  }

  return {
    ask: (row, answer, alone) =>
      new Promise((resolve, reject) => {
        const failed = (error: unknown) => (isUnknown(error) ? reject(translate(error)) : resolve(alone()))
        waiting.push({ row, done: (found) => resolve(answer(found)), failed })
        if (!isWorking) void work()
      }),
  }
}

async function send(
  pipeline: Pipeline,
  statements: readonly GroupStatement[],
  group: readonly Waiting[],
): Promise<readonly AnswerRow[]> {
  const bound = statements.map((statement) => bind(statement, group))
  // One statement is a transaction of its own.
  const sent = bound.length === 1 ? bound : [{ text: 'begin' }, ...bound, { text: 'commit' }]
  const results = await pipeline.run(sent)
  return results[sent.length === 1 ? 0 : sent.length - 2] ?? []
}

function bind({ name, text, columns }: GroupStatement, group: readonly Waiting[]): Statement {
  const values = Object.entries(columns).map(([column, type]) =>
    encodeArray(
      type,
      group.map(({ row }) => row[column] ?? null),
    ),
  )
  return { name, text, values }
}
