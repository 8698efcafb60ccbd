import { LRUCache } from 'lru-cache'
import { identityOf } from '../../../domain/privacy/identity.ts'
import type { Database } from '../../database/database.ts'
import type { Db } from '../../database/tables/tables.ts'
import type { Head } from '../../decisions/append.ts'
import type { Keyring } from '../../secrets/encryption.ts'
import { getLastingKey } from '../../secrets/lasting-keys.ts'
import type { NewRun } from '../rows/records.ts'
import type { StepStore } from '../rows/step-records.ts'
import { cancelWaitingRun, cancelWaitingRuns } from './cancel.ts'
import { countParents, listEndedChildren, settleChild } from './children.ts'
import { commitStep, REFUSED, STORED } from './commit.ts'
import { decideAtOnce } from './decide-at-once.ts'
import { receiveEvent } from './events.ts'
import { countHeld, releaseHeld, selectHeld } from './held.ts'
import { isPlainStep, isStored, PLAIN_STEP, plainStepOf } from './plain-step.ts'
import { countWaiting, countWaits, listSteps, loadSteps, nextWakeAt } from './read.ts'
import { appendLog, suspendRun } from './suspend.ts'
import { wakeDue, wakeRun } from './wake.ts'

const MAX_KNOWN_HEADS = 1000

export type PrepareRun = (run: NewRun) => Promise<(db: Db) => Promise<unknown>>

/** `carried`: runs that this server executes. */
export function createSteps(
  database: Database,
  keyring: Keyring,
  serverId: string,
  carried: Set<string>,
  prepareRun: PrepareRun,
): StepStore {
  return {
    loadSteps: (part) => database.read((db) => loadSteps(db, keyring, part)),
    commitStep: committing(database, keyring, serverId),
    async suspend(suspension) {
      const { runId } = suspension.part
      const logs = await appendLog(database, runId, suspension.logs)
      const children = await Promise.all(
        suspension.children.map(async (child) => ({
          ...child,
          insert: child.run === undefined ? null : await prepareRun({ ...child.run, parentRunId: runId }),
        })),
      )
      const applied = await database.write((db) =>
        suspendRun(db, { keyring, serverId }, { ...suspension, children }, logs),
      )
      carried.delete(runId)
      return applied
    },
    wakeDue: (now, limit) => database.write((db) => wakeDue(db, now, limit)),
    nextWakeAt: () => database.read(nextWakeAt),
    wake: (wake) => database.write((db) => wakeRun(db, wake)),
    receiveEvent: (event) => database.write((db) => receiveEvent(db, keyring, event)),
    listEndedChildren: (limit) => database.read((db) => listEndedChildren(db, limit)),
    settleChild: (result) => database.write((db) => settleChild(db, keyring, result)),
    countParents: (runId, limit) => database.read((db) => countParents(db, runId, limit)),
    listSteps: (runId) => database.read((db) => listSteps(db, runId)),
    cancelWaiting: (runId, now) => database.write((db) => cancelWaitingRun(db, runId, now)),
    cancelAllWaiting: (workflowId, now, limit) => database.write((db) => cancelWaitingRuns(db, workflowId, now, limit)),
    countHeld: (limit) => database.read((db) => countHeld(db, limit)),
    releaseHeld: (limit) => database.write((db) => releaseHeld(db, limit)),
    cancelHeld: (now, limit) =>
      database.write(async (db) => {
        const held = await selectHeld(db, limit)
        for (const { id } of held) await cancelWaitingRun(db, id, now)
        return held.length
      }),
    countWaits: () => database.read(countWaits),
    getWaitKey: () => getLastingKey(database, keyring, 'wait-key'),
    countWaiting: (workflowIds) => database.read((db) => countWaiting(db, workflowIds)),
  }
}

function committing(database: Database, keyring: Keyring, serverId: string): StepStore['commitStep'] {
  let privacyKey: Promise<Uint8Array> | null = null
  const keyOfPeople = () => {
    privacyKey ??= getLastingKey(database, keyring, 'privacy-key').catch((error: unknown) => {
      privacyKey = null
      throw error
    })
    return privacyKey
  }
  const heads = new LRUCache<string, Head>({ max: MAX_KNOWN_HEADS })
  const storePlain = database.openRows(PLAIN_STEP)
  return async (commit) => {
    if (isPlainStep(commit))
      return isStored(await storePlain(plainStepOf(keyring, serverId, commit)), commit) ? STORED : REFUSED
    const { decision } = commit
    const subjectHash = decision === undefined ? null : identityOf(await keyOfPeople(), decision.given.subject)
    const context = { database, keyring, serverId, heads }
    if (subjectHash !== null && (await decideAtOnce(context, commit, subjectHash))) return STORED
    return await database.write((db) => commitStep(db, context, commit, subjectHash))
  }
}
