/** Building a query costs more than SQLite's execution. */

import type { Compilable, CompiledQuery } from 'kysely'
import type { Db } from './tables/tables.ts'

class Parameter {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

type Result<R> = { readonly rows: R[]; readonly numAffectedRows?: bigint | undefined }
export type Prepared<P, R> = (db: Db, values: P) => Promise<Result<R>>

export function prepare<P extends Record<string, unknown>, R>(
  build: (db: Db, parameter: <K extends keyof P & string>(name: K) => P[K]) => Compilable<R>,
): Prepared<P, R> {
  const byEngine = new WeakMap<object, CompiledQuery<R>>()
  return (db, values) => {
    const engine = db.getExecutor().adapter.constructor
    let compiled = byEngine.get(engine)
    if (compiled === undefined) {
      // Kysely accepts the marker as the later value.
      compiled = build(db, (name) => new Parameter(name) as unknown as P[typeof name]).compile()
      byEngine.set(engine, compiled)
    }
    const parameters = compiled.parameters.map((part) => (part instanceof Parameter ? values[part.name] : part))
    return db.executeQuery({ ...compiled, parameters })
  }
}
