import type { Engine } from './database.ts'
import type { Db } from './tables.ts'

/** Numbered, forward only, never edited once released. */
export type Migration = {
  readonly number: number
  readonly name: string
  up(db: Db, engine: Engine): Promise<void>
}
