/** What tells whether a row that was read before is still what the database holds, one question for many callers. */

import { type GroupAnswer, type GroupStatement, inputOf, MARK_COLUMNS, type Mark, type Marks } from './groups.ts'
import { type GroupOptions, openGroup } from './open-group.ts'

const COLUMNS = { id: 'text' } as const
/**
 * `xmin` is the transaction that wrote the row as it is now: no other committed state of the row has it, before 4 billion
 * transactions have passed. Whoever changes settings writes `settings_totals`, too.
 */
const READ_MARKS: GroupStatement = {
  name: 'read_marks',
  columns: COLUMNS,
  text: `with ${inputOf(COLUMNS)}
    select input.position, ${MARK_COLUMNS}
    from input join workflows on workflows.id = input.id
    left join settings_totals on settings_totals.workflow_id = input.id`,
}

/** `generation` grows with each connection on which marks are read: by questions here, or by statements of groups. */
export function openMarks(options: Omit<GroupOptions, 'plan' | 'isUnknown'>, generation: () => number): Marks {
  const notes = new WeakMap<object, Mark>()
  // Those that wait for the next question; several callers of one workflow share it.
  let asked = new Map<string, Promise<Mark | null>>()
  const plan = async () => {
    asked = new Map()
    return [READ_MARKS]
  }
  const group = openGroup<{ id: string }>({ ...options, plan, isUnknown: () => true })
  // Another database may be behind a new connection, one that was restored from a backup: nothing read before counts there.
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
