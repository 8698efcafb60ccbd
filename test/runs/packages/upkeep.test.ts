/** Environments that no deployed version uses are removed after some days. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { startUpkeep, type UpkeepOptions } from '../../../src/runs/packages/upkeep.ts'

const DAY_MS = 86_400_000
const NOW = 100 * DAY_MS
const NO_USES = { deployed: '', busy: '', building: '' }

/** The ids that one look removes, of environments with their last use in days before now. */
async function removedOf(days: Readonly<Record<string, number>>, { deployed = '', busy = '', building = '' } = {}) {
  return (await look(days, [], { deployed, busy, building })).removed
}

/** What one look removes and completes. `uncompiled`: folders of environments without all of their bytecode. */
async function look(days: Readonly<Record<string, number>>, uncompiled: readonly string[], uses = NO_USES) {
  const { deployed, busy, building } = uses
  const removed: string[] = []
  const completed: string[] = []
  const trims: string[] = []
  const environments = Object.entries(days).map(([id, ago]) => ({
    id,
    runtime: 'python3.13',
    lastUsedAt: NOW - ago * DAY_MS,
  }))
  const options = {
    store: {
      listEnvironments: async () => environments,
      getEnvironment: async (id: string) => environments.find((one) => one.id === id) ?? null,
      listEnvironmentUses: async (ids: readonly string[]) =>
        ids.filter((id) => id === deployed).map((environmentId) => ({ environmentId })),
    },
    pool: { releaseEnvironment: (id: string) => id !== busy },
    folders: { sweep: async () => {}, listUncompiled: async () => uncompiled, isCacheEmpty: async () => false },
    log: { info: () => {}, warn: (facts: { err: Error }) => Promise.reject(facts.err) },
    now: () => NOW,
    environmentDays: 30,
  } as unknown as UpkeepOptions
  const local = {
    find: () => ({}),
    isBuilding: (id: string) => id === building,
    remove: async ({ id }: { id: string }) => void removed.push(id),
    complete: ({ id }: { id: string }) => void completed.push(id),
    cache: { trim: () => void trims.push('cache') },
  }
  const stop = startUpkeep(options, local as never)
  await delay(20)
  stop()
  return { removed, completed, trimmed: trims.length }
}

test('what was not used for longer than the days is removed, and nothing that was used since', async () => {
  assert.deepEqual(await removedOf({ old: 31, recent: 29 }), ['old'])
})

test('what a deployed version uses stays, as does what a run uses or what is being built', async () => {
  const days = { deployed: 90, busy: 90, building: 90, unused: 90 }
  const kept = { deployed: 'deployed', busy: 'busy', building: 'building' }
  assert.deepEqual(await removedOf(days, kept), ['unused'])
})

test('what a server that died left without its bytecode is completed, unless its lock is not known any more', async () => {
  const { removed, completed, trimmed } = await look({ env_1: 0 }, ['env_1-aaaa1111', 'env_2-aaaa1111'])
  assert.deepEqual([removed, completed, trimmed], [[], ['env_1'], 1])
})
