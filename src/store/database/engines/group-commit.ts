/**
 * Group commit: what costs is the flush and the pages that every transaction writes again, so writes share both.
 * The flush runs beside the event loop; what comes meanwhile makes the next transaction.
 */

import type { DatabaseSync } from 'node:sqlite'
import type { Db } from '../tables.ts'

type Unit = {
  /** Runs it inside the transaction. Returns what to do once that is flushed. */
  readonly run: () => Promise<() => void>
  readonly reject: (error: unknown) => void
}

export type GroupCommitOptions = {
  readonly connection: DatabaseSync
  /** Uses `connection`. */
  readonly db: Db
  /** Flushes what is committed to disk: the connection itself does not. `alone`: there is no other writer at this time. */
  readonly flush: (alone: boolean) => Promise<void>
  /** Turns errors of the engine into ours. */
  readonly translate: (error: unknown) => unknown
}

export type GroupCommit = {
  write<T>(unit: (db: Db) => Promise<T>): Promise<T>
  /** Resolves once all that is committed by now is on disk. Rejects when that failed. */
  flushed(): Promise<void>
  drain(): Promise<void>
}

/** How long units are gathered while each turn of the event loop brings more: little beside what a busy server's callers wait. */
const GATHER_MS = 1

/**
 * Makes the writer of a SQLite connection. Units run one after the other. When one of them fails, all of them run again,
 * each in its own savepoint, so that a failing unit is rolled back alone. After a failed flush, it is unknown what of the commits since the
 * flush before is on disk (the kernel reports it once and drops the pages): then everything is refused until the program restarts.
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
          // Set before anything else can run after the commit: readers of it wait for this.
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

  /** Waits until a turn of the event loop brings no more units, or long enough. */
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

/** Returns a function that runs units in one transaction and returns how to settle each. It throws when none of them is kept. */
function prepareTransaction(connection: DatabaseSync) {
  const begin = connection.prepare('BEGIN IMMEDIATE')
  const commit = connection.prepare('COMMIT')
  const rollback = connection.prepare('ROLLBACK')
  const savepoint = connection.prepare('SAVEPOINT unit')
  const release = connection.prepare('RELEASE unit')
  const takeBack = connection.prepare('ROLLBACK TO unit')

  async function runUnit({ run, reject }: Unit): Promise<() => void> {
    savepoint.run()
    try {
      const succeed = await run()
      release.run()
      return succeed
    } catch (error) {
      // A full disk or an I/O error ends the whole transaction: then nothing of this group is kept.
      if (!connection.isTransaction) throw error
      takeBack.run()
      release.run()
      return () => reject(error)
    }
  }

  /** Null: a unit failed, and nothing is kept. Savepoints cost a run two statements each way, so units do without at first. */
  async function runAll(units: readonly Unit[]): Promise<(() => void)[] | null> {
    const settle: (() => void)[] = []
    try {
      for (const { run } of units) settle.push(await run())
      return settle
    } catch (error) {
      // A full disk or an I/O error has ended the transaction by itself.
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

  return async (units: readonly Unit[], onCommitted: () => void): Promise<(() => void)[]> => {
    try {
      begin.run()
      const settle = (await runAll(units)) ?? (await runEach(units))
      commit.run()
      onCommitted()
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
