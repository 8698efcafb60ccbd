/** What tells whether a row that was read before is still what the database holds, one question for many callers. */

import { type GroupStatement, inputOf, type Mark, type Marks } from './groups.ts'
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
    select input.position, workflows.xmin::text as workflow, settings_totals.xmin::text as settings
    from input join workflows on workflows.id = input.id
    left join settings_totals on settings_totals.workflow_id = input.id`,
}

export function openMarks(options: Omit<GroupOptions, 'plan' | 'isUnknown'>): Marks {
  const { pipeline } = options
  // Those that wait for the next question; several callers of one workflow share it.
  let asked = new Map<string, Promise<Mark | null>>()
  const plan = async () => {
    asked = new Map()
    return [READ_MARKS]
  }
  const group = openGroup<{ id: string }>({ ...options, plan, isUnknown: () => true })
  // Another database may be behind a new connection, one that was restored from a backup: nothing read before counts there.
  const stamp = (generation: number, mark: unknown) => `${generation}.${String(mark)}`
  const ask = (id: string): Promise<Mark | null> =>
    group.ask(
      { id },
      (found) => {
        if (found === null) return null
        const { generation } = pipeline
        const settings = found.settings === null ? null : stamp(generation, found.settings)
        return { workflow: stamp(generation, found.workflow), settings }
      },
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
      const { generation } = pipeline
      return (rowMark) => stamp(generation, rowMark)
    },
  }
}
