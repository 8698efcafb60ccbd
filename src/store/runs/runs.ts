import type { AlertUse } from '../alerts/alerts.ts'
import type { Database } from '../database/database.ts'
import { locksOf } from '../database/groups/rows.ts'
import type { Keyring } from '../secrets/encryption.ts'
import type { Peers } from '../servers/peers.ts'
import { claimRuns, countQueued, requeueRun } from './queue/queue.ts'
import { countRuns, selectTotals } from './read/counts.ts'
import { getRun, listLastRuns, listLogs, listRuns } from './read/list.ts'
import { searchRuns } from './read/search.ts'
import { selectRunStats } from './read/stats.ts'
import { listCalls } from './rows/calls.ts'
import type { ClaimedRun, FinishRun, RunStore } from './rows/records.ts'
import type { StepStore } from './rows/step-records.ts'
import { cancelQueuedRun, requestCancel } from './steps/cancel.ts'
import { createSteps, type PrepareRun } from './steps/create-steps.ts'
import { type Attempts, findAnswer, getAnswer, listAttempts } from './write/attempts.ts'
import { forgetCancelRequests, listCancelRequests } from './write/cancel.ts'
import { continueRun } from './write/continue.ts'
import { END, endRowOf, findFinished, finishRun, isPlainEnd, packEnd } from './write/finish.ts'
import { foldCounts } from './write/fold-counts.ts'
import { insertRun, isPlain, packRun, START, startRowOf } from './write/insert.ts'
import { type CountedTime, unknownTime } from './write/late-runs.ts'
import { loseOwnRun, type Recovery, recoverLostRuns } from './write/recovery.ts'

type Options = {
  readonly keyring: Keyring
  readonly serverId: string
  readonly peers: Peers
  readonly alertUse: AlertUse
}

export function createRuns(
  database: Database,
  { keyring, serverId, peers, alertUse }: Options,
): RunStore & StepStore & Attempts {
  const carried = new Set<string>()
  const counted = unknownTime(database.engine)
  return {
    insert: inserting({ database, keyring, serverId, peers, carried, counted }),
    async claim(limit, now, skipWorkflows) {
      await peers.settled()
      const claim = { limit, now, skipWorkflows, serverId, peers }
      const runs = await database.write((db) => claimRuns(db, claim))
      for (const { id } of runs) carried.add(id)
      return runs
    },
    countQueued: (workflowId, limit) => database.read((db) => countQueued(db, workflowId, limit)),
    finish: finishOnce({ database, keyring, serverId, carried, alertUse }),
    ...createSteps(database, keyring, serverId, carried, preparing(keyring)),
    continue: (given) => database.write((db) => continueRun(db, given)),
    ...leaving(database, serverId, carried),
    cancelQueued: (runId, now) => database.write((db) => cancelQueuedRun(db, runId, now)),
    requestCancel: (runId, now) => database.write((db) => requestCancel(db, runId, now)),
    listCancelRequests: () => database.read((db) => listCancelRequests(db, serverId)),
    get: (id) => database.read((db) => getRun(db, keyring, id)),
    findAnswer: (id) => database.read((db) => findAnswer(db, id)),
    getAnswer: (id) => database.read((db) => getAnswer(db, keyring, id)),
    listAttempts: (id) => database.read((db) => listAttempts(db, id)),
    list: (filter, page) => database.read((db) => listRuns(db, filter, page)),
    listLast: (workflowIds, count) => database.read((db) => listLastRuns(db, workflowIds, count)),
    listLogs: (runId, page) => database.read((db) => listLogs(db, runId, page)),
    listCalls: (runId, withExchanges = false) => database.read((db) => listCalls(db, keyring, runId, withExchanges)),
    count: (time, most) => database.read((db) => countRuns(db, time, most)),
    getTotals: (time, workflowIds) => database.read((db) => selectTotals(db, time, workflowIds)),
    foldCounts: folding(database, counted),
    search: (filter, text, page, hideIn) => searchRuns(database, filter, text, page, hideIn),
    getStats: (query) => database.read((db) => selectRunStats(db, query)),
  }
}

/** A later search for lost runs repeats a failed write. */
function leaving(
  database: Database,
  serverId: string,
  carried: Set<string>,
): Pick<RunStore, 'requeue' | 'abandon' | 'recoverLost'> {
  const abandoned = new Set<string>()
  const unstarted = new Set<ClaimedRun>()
  const recovery = (now: number): Recovery => ({ serverId, now, isCarried: (id) => carried.has(id), abandoned })
  return {
    async requeue(run) {
      carried.delete(run.id)
      unstarted.add(run)
      await database.write((db) => requeueRun(db, run, serverId))
      unstarted.delete(run)
    },
    async abandon(runId, now) {
      carried.delete(runId)
      abandoned.add(runId)
      await database.write((db) => loseOwnRun(db, runId, recovery(now)))
      abandoned.delete(runId)
    },
    async recoverLost(now) {
      const given = [...unstarted]
      const lost = await database.write(async (db) => {
        await forgetCancelRequests(db)
        for (const run of given) await requeueRun(db, run, serverId)
        return await recoverLostRuns(db, recovery(now))
      })
      for (const run of given) unstarted.delete(run)
      for (const id of lost) abandoned.delete(id)
      return lost
    },
  }
}

function folding(database: Database, counted: CountedTime): RunStore['foldCounts'] {
  let countedTo: string | null = null
  return async (now) => {
    Object.assign(counted, unknownTime(database.engine))
    const folded = await database.write(async (db) => {
      const done = await foldCounts(db, now, countedTo)
      if (database.engine === 'sqlite') counted.until = done.until
      return done
    })
    countedTo = folded.after
    return folded.isMore
  }
}

function preparing(keyring: Keyring): PrepareRun {
  return async (run) => {
    const packed = await packRun(keyring, run, false)
    return (db) => insertRun(db, run, null, packed)
  }
}

type Inserting = {
  readonly database: Database
  readonly keyring: Keyring
  readonly serverId: string
  readonly peers: Peers
  /** Excludes a stored run whose insert was reported as failed. */
  readonly carried: Set<string>
  readonly counted: CountedTime
}

function inserting({ database, keyring, serverId, peers, carried, counted }: Inserting): RunStore['insert'] {
  const start = database.openRows(START)
  return async (run) => {
    if (run.startedAt !== null) {
      // A server that believes itself alone starts runs without a lock.
      await peers.settled()
      carried.add(run.id)
    }
    try {
      const packed = await packRun(keyring, run, await peers.exist())
      const row = startRowOf(run, serverId, packed)
      const written =
        isPlain(run, packed) && run.createdAt >= counted.until
          ? await start(row)
          : await database.write((db) => insertRun(db, run, serverId, packed), locksOf(START, row))
      if (written === null) carried.delete(run.id)
      else if (written.mark !== undefined) database.marks?.note(run, written.mark)
      return written !== null
    } catch (error) {
      carried.delete(run.id)
      throw error
    }
  }
}

type Finishing = Omit<Inserting, 'peers' | 'counted'> & { readonly alertUse: AlertUse }

function finishOnce({ database, keyring, serverId, carried, alertUse }: Finishing): RunStore['finish'] {
  const doubtful = new WeakSet<FinishRun>()
  const end = database.openRows(END)
  return async (finish) => {
    try {
      const packed = await packEnd(database, keyring, finish)
      const mayAlert = finish.mayAlert && alertUse.inUse
      const ended = isPlainEnd(finish, packed, mayAlert) ? await end(endRowOf(finish, packed, mayAlert)) : null
      const finished = ended
        ? { applied: true, warnings: finish.outcome.warnings, settingsChanges: [], settingsError: null }
        : await database.write((db) => finishRun(db, finish, packed, { keyring, serverId, mayAlert }))
      carried.delete(finish.runId)
      if (finished.applied || !doubtful.has(finish)) return finished
      return (await database.read((db) => findFinished(db, keyring, finish))) ?? finished
    } catch (error) {
      doubtful.add(finish)
      throw error
    }
  }
}
