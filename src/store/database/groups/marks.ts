/** Checks whether cached rows are current, with one query for many callers. */

import { type GroupAnswer, type GroupStatement, inputOf, MARK_COLUMNS, type Mark, type Marks } from './groups.ts'
import { type GroupOptions, openGroup } from './open-group.ts'

const COLUMNS = { id: 'text' } as const
/**
 * `xmin` is the transaction that wrote the current row, which is unique for about 4 billion transactions. Every
 * settings change also writes `settings_totals`.
 */
const READ_MARKS: GroupStatement = {
  name: 'read_marks',
  columns: COLUMNS,
  text: `with ${inputOf(COLUMNS)}
    select input.position, ${MARK_COLUMNS}
    from input join workflows on workflows.id = input.id
    left join settings_totals on settings_totals.workflow_id = input.id`,
}

export function openMarks(options: Omit<GroupOptions, 'plan' | 'isUnknown'>, generation: () => number): Marks {
  const notes = new WeakMap<object, Mark>()
  // Callers for the same workflow share the next query.
  let asked = new Map<string, Promise<Mark | null>>()
  const plan = async () => {
    asked = new Map()
    return [READ_MARKS]
  }
  const group = openGroup<{ id: string }>({ ...options, plan, isUnknown: () => true })
  // A new connection may lead to a restored database, so marks of earlier connections are invalid.
  const stamp = (connection: number, mark: unknown) => `${connection}.${String(mark)}`
  const toMark = (found: GroupAnswer): Mark => {
    const connection = generation()
    const settings = found.settings === null ? null : stamp(connection, found.settings)
    return { workflow: stamp(connection, found.workflow), settings }
  }
  const ask = (id: string): Promise<Mark | null> =>
    group.ask(
      { id },
      (found) => (found === null ? null : toMark(found)),
      () => Promise.reject(new Error('a read is never done alone')),
    )
  return {
    of(id) {
      const known = asked.get(id)
      if (known !== undefined) return known
      const mark = ask(id)
      asked.set(id, mark)
      return mark
    },
    begin() {
      const connection = generation()
      return (rowMark) => stamp(connection, rowMark)
    },
    note: (owner, found) => void notes.set(owner, toMark(found)),
    noted: (owner) => notes.get(owner) ?? null,
  }
}
