import type { Report } from '../../../domain/shared/measures.ts'
import { UserError } from '../../../errors.ts'
import type { Database } from '../database.ts'

/** `maintain` may take minutes and is not reported. */
export function measureDatabase(database: Database, report: Report): Database {
  const timed = async <T>(call: 'read' | 'write', work: Promise<T>): Promise<T> => {
    const start = performance.now()
    const end = (isFailed: boolean) => report({ kind: 'database', call, ms: performance.now() - start, isFailed })
    try {
      const result = await work
      end(false)
      return result
    } catch (error) {
      end(!(error instanceof UserError) || error.code === 'unavailable')
      throw error
    }
  }
  const { writeStatement } = database
  return {
    ...database,
    read: (query) => timed('read', database.read(query)),
    write: (unit, locks) => timed('write', database.write(unit, locks)),
    writeStatement: writeStatement && ((statement) => timed('write', writeStatement(statement))),
    openRows: (write) => {
      const writeRow = database.openRows(write)
      return (row) => timed('write', writeRow(row))
    },
    writeApart: (unit) => timed('write', database.writeApart(unit)),
  }
}
