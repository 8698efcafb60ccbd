/** Named moments at which a server can be made to die. They stand around the store that main is given: the product has none. */

import { Worker } from 'node:worker_threads'
import type { Store } from '../src/store/store.ts'

/**
 * `…ing`: from another thread while it happens, so also in the middle of a commit. `…ed`: when it is done and before
 * anything follows; `moved` and `inserted` are steps within a tick's transaction, before its commit.
 */
export const FAIL_POINTS = [
  'accepting',
  'accepted',
  'running',
  'finishing',
  'finished',
  'ticking',
  'moved',
  'inserted',
  'ticked',
  'claimed',
  'setting',
  'set',
] as const
/** Inside the transaction that stores a decision · after it, before the function hears of it. */
export const DECISION_POINTS = ['deciding', 'decided'] as const
export type FailPoint = (typeof FAIL_POINTS)[number] | (typeof DECISION_POINTS)[number]

/** An order to a server: die at the `count`-th time that it passes `point`, `delayMs` into it where that means something. */
export type Arming = { readonly point: FailPoint; readonly count: number; readonly delayMs: number }

export type FailPoints = { readonly wrap: (store: Store) => Store; arm(arming: Arming): void }

export function createFailPoints(): FailPoints {
  const killer = new Worker(new URL('./killer.ts', import.meta.url), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  killer.unref()
  let armed: Arming | null = null
  let passed = 0

  const isDue = (point: FailPoint): boolean => {
    if (armed?.point !== point) return false
    passed += 1
    return passed === armed.count
  }
  const dieAt = (point: FailPoint): void => {
    if (isDue(point)) process.kill(process.pid, 'SIGKILL')
  }
  const dieWithin = (point: FailPoint): void => {
    if (isDue(point)) killer.postMessage(armed?.delayMs)
  }
  return {
    arm(arming) {
      armed = arming
      passed = 0
    },
    wrap: (store) => wrapStore(store, dieAt, dieWithin),
  }
}

type Die = (point: FailPoint) => void

function wrapStore(store: Store, dieAt: Die, dieWithin: Die): Store {
  return {
    ...store,
    runs: { ...store.runs, ...wrapRuns(store.runs, dieAt, dieWithin) },
    schedules: {
      ...store.schedules,
      async applyTickPlan(plan) {
        dieWithin('ticking')
        const isApplied = await store.schedules.applyTickPlan({ ...plan, ticks: dyingBetween(plan.ticks, dieAt) })
        dieAt('ticked')
        return isApplied
      },
    },
    // A setting and its audit line are one transaction.
    async together(work) {
      let isSet = false
      const result = await store.together((tx) => {
        const put: typeof tx.settings.put = (change) => {
          isSet = true
          dieWithin('setting')
          return tx.settings.put(change)
        }
        return work({ ...tx, settings: { ...tx.settings, put } })
      })
      if (isSet) dieAt('set')
      return result
    },
  }
}

const wrapRuns = (runs: Store['runs'], dieAt: Die, dieWithin: Die): Partial<Store['runs']> => ({
  async insert(run) {
    if (run.startedAt !== null) dieWithin('accepting')
    const isStored = await runs.insert(run)
    if (run.startedAt !== null) dieAt('accepted')
    if (run.startedAt !== null) dieWithin('running')
    return isStored
  },
  async commitStep(commit) {
    if (commit.decision !== undefined) dieWithin('deciding')
    const committed = await runs.commitStep(commit)
    if (commit.decision !== undefined) dieAt('decided')
    return committed
  },
  async finish(finish) {
    dieWithin('finishing')
    const finished = await runs.finish(finish)
    dieAt('finished')
    return finished
  },
  async claim(limit, now, skip) {
    const claimed = await runs.claim(limit, now, skip)
    if (claimed.length > 0) dieAt('claimed')
    return claimed
  },
})

/** The store moves the schedule's next tick, then goes through the plan's: what they are and what they need is written in between. */
function dyingBetween<T>(ticks: readonly T[], dieAt: Die): readonly T[] {
  function* walk(): ArrayIterator<T> {
    dieAt('moved')
    yield* ticks
    dieAt('inserted')
  }
  return Object.assign([...ticks], { [Symbol.iterator]: walk })
}
