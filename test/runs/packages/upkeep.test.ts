/** Environments that no deployed version uses are removed after some days. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { startUpkeep, type UpkeepOptions } from '../../../src/runs/packages/upkeep.ts'

const DAY_MS = 86_400_000
const NOW = 100 * DAY_MS

/** Does one look at environments with their last use in days before now. */
async function look(days: Readonly<Record<string, number>>, { deployed = '', busy = '', building = '' } = {}) {
  const removed: string[] = []
  const trims: string[] = []
  const environments = Object.entries(days).map(([id, ago]) => ({
    id,
    runtime: 'python3.13',
    lastUsedAt: NOW - ago * DAY_MS,
  }))
  const options = {
    store: {
      workflows: {
        listEnvironments: async () => environments,
        listEnvironmentUses: async (ids: readonly string[]) =>
          ids.filter((id) => id === deployed).map((environmentId) => ({ environmentId })),
      },
    },
    pool: { releaseEnvironment: (id: string) => id !== busy },
    folders: { sweep: async () => {}, isCacheEmpty: async () => false },
    log: { info: () => {}, warn: (facts: { err: Error }) => Promise.reject(facts.err) },
    now: () => NOW,
    environmentDays: 30,
  } as unknown as UpkeepOptions
  const local = {
    find: () => ({}),
    isBuilding: (id: string) => id === building,
    remove: async ({ id }: { id: string }) => void removed.push(id),
    cache: { trim: () => void trims.push('cache') },
  }
  const stop = startUpkeep(options, local as never)
  await delay(20)
  stop()
  return { removed, trimmed: trims.length }
}

test('what was not used for longer than the days is removed, and nothing that was used since', async () => {
  assert.deepEqual(await look({ old: 31, recent: 29 }), { removed: ['old'], trimmed: 1 })
})

test('what a deployed version uses stays, as does what a run uses or what is being built', async () => {
  const days = { deployed: 90, busy: 90, building: 90, unused: 90 }
  const kept = { deployed: 'deployed', busy: 'busy', building: 'building' }
  assert.deepEqual((await look(days, kept)).removed, ['unused'])
})
