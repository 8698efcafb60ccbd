/** Reports how long the units of a database take. */

import type { Report } from '../../../domain/measures.ts'
import { UserError } from '../../../errors.ts'
import type { Database } from '../database.ts'
import type { Group, GroupRow, GroupStatement } from '../groups/groups.ts'

/** The same database; each unit is reported when it ends. What `maintain` does is not: it may take minutes. */
export function measureDatabase(database: Database, report: Report): Database {
  const timed = async <T>(call: 'read' | 'write', work: Promise<T>): Promise<T> => {
    const start = performance.now()
    const end = (isFailed: boolean) => report({ kind: 'database', call, ms: performance.now() - start, isFailed })
    try {
      const result = await work
      end(false)
      return result
    } catch (error) {
      // What a unit refuses, as a conflict, is no failure of the database.
      end(!(error instanceof UserError) || error.code === 'unavailable')
      throw error
    }
  }
  const { groups } = database
  return {
    ...database,
    read: (query) => timed('read', database.read(query)),
    write: (unit) => timed('write', database.write(unit)),
    writeApart: (unit) => timed('write', database.writeApart(unit)),
    groups: groups && {
      ...groups,
      openWriter<Row extends GroupRow>(plan: () => Promise<readonly GroupStatement[]>): Group<Row> {
        const group = groups.openWriter<Row>(plan)
        return { ask: (row, answer, alone) => timed('write', group.ask(row, answer, alone)) }
      },
    },
  }
}
