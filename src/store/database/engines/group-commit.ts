/** Writes share the flush and the rewritten pages. Writes during a flush form the next transaction. */

import type { DatabaseSync } from 'node:sqlite'
import type { Db } from '../tables/tables.ts'

type Unit = {
  /** Returns the function that settles the unit after the flush. */
  readonly run: () => Promise<() => void>
  readonly reject: (error: unknown) => void
}

export type GroupCommitOptions = {
  readonly connection: DatabaseSync
  readonly db: Db
  /** `alone`: no concurrent writer. */
  readonly flush: (alone: boolean) => Promise<void>
  readonly translate: (error: unknown) => unknown
}

export type GroupCommit = {
  write<T>(unit: (db: Db) => Promise<T>): Promise<T>
  flushed(): Promise<void>
  drain(): Promise<void>
}

const GATHER_MS = 1

/**
 * If a unit fails, all run again in savepoints, so that only that unit is rolled back. After a failed flush, the writer
 * rejects everything until a restart, because the kernel reports the error once and drops the pages.
 */
export function createGroupCommit({ connection, db, flush, translate }: GroupCommitOptions): GroupCommit {
  const transaction = prepareTransaction(connection)
  let queue: Unit[] = []
  let working: Promise<void> | null = null
  let flushing: Promise<void> = Promise.resolve()
  let lastSize = 0

  function write<T>(unit: (db: Db) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const run = async (): Promise<() => void> => {
        const value = await unit(db)
        return () => resolve(value)
      }
      queue.push({ run, reject: (error) => reject(translate(error)) })
      working ??= work()
    })
  }

  async function work(): Promise<void> {
    while (queue.length > 0) {
      await gather()
      const units = queue
      queue = []
      let settle: (() => void)[]
      try {
        await flushing
        settle = await transaction(units, () => {
          // Set before other code can run: readers wait for the flush.
          flushing = flush(units.length === 1 && lastSize === 1)
        })
        lastSize = units.length
        await flushing
      } catch (error) {
        settle = units.map(rejecting(error))
      }
      for (const end of settle) end()
    }
    working = null
  }

  async function gather(): Promise<void> {
    const until = performance.now() + GATHER_MS
    for (let seen = 0; seen < queue.length && performance.now() < until; ) {
      seen = queue.length
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  async function drain(): Promise<void> {
    while (working !== null) await working
  }

  return { write, flushed: () => flushing.catch((error: unknown) => Promise.reject(translate(error))), drain }
}

/** Returns the settle functions. Throws if no unit was kept. */
function prepareTransaction(connection: DatabaseSync) {
  const begin = connection.prepare('BEGIN IMMEDIATE')
  const commit = connection.prepare('COMMIT')
  const rollback = connection.prepare('ROLLBACK')
  const savepoint = connection.prepare('SAVEPOINT unit')
  const release = connection.prepare('RELEASE unit')
  const takeBack = connection.prepare('ROLLBACK TO unit')
  const countChanges = connection.prepare('SELECT total_changes() AS count')
  let lastCount: unknown = null

  /** An idle server looks for work twice a second, and would flush a log that did not grow. */
  function hasChanged(): boolean {
    const count = countChanges.get()?.count
    const isSame = count === lastCount
    lastCount = count
    return !isSame
  }

  async function runUnit({ run, reject }: Unit): Promise<() => void> {
    savepoint.run()
    try {
      const succeed = await run()
      release.run()
      return succeed
    } catch (error) {
      // A full disk or an I/O error rolls back the whole transaction.
      if (!connection.isTransaction) throw error
      takeBack.run()
      release.run()
      return () => reject(error)
    }
  }

  /** Null: a unit failed. Savepoints would cost two statements per unit. */
  async function runAll(units: readonly Unit[]): Promise<(() => void)[] | null> {
    const settle: (() => void)[] = []
    try {
      for (const { run } of units) settle.push(await run())
      return settle
    } catch (error) {
      if (!connection.isTransaction) throw error
      rollback.run()
      begin.run()
      return null
    }
  }

  async function runEach(units: readonly Unit[]): Promise<(() => void)[]> {
    const settle: (() => void)[] = []
    for (const unit of units) settle.push(await runUnit(unit))
    return settle
  }

  return async (units: readonly Unit[], onChanged: () => void): Promise<(() => void)[]> => {
    try {
      begin.run()
      const settle = (await runAll(units)) ?? (await runEach(units))
      commit.run()
      if (hasChanged()) onChanged()
      return settle
    } catch (error) {
      if (connection.isOpen && connection.isTransaction) rollback.run()
      throw error
    }
  }
}

const rejecting =
  (error: unknown) =>
  ({ reject }: Unit) =>
  () =>
    reject(error)
