import assert from 'node:assert/strict'
import { after, type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import type { Store } from '../../../../src/store/store.ts'
import { createDirectory, openPeers, sharedPostgres } from '../../../helpers/databases.ts'
import { SEED } from '../../../helpers/seed.ts'
import { addWorkflow, finish, newRun, outcome } from '../../../helpers/store-data.ts'

const server = sharedPostgres()
after(() => server.stop())

type Cluster = { readonly stores: readonly Store[]; readonly client: pg.Client }

/** Servers on one database, each past the time in which it could believe itself alone, and another client of it. */
async function openCluster(t: TestContext, count: number): Promise<Cluster> {
  const databaseUrl = await server.createTables()
  const stores = await openPeers(t, { databaseUrl, dataDir: createDirectory(t) }, count)
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  t.after(() => client.end())
  return { stores, client }
}

/** Numbers from a seed, so that a failure can be repeated. */
function createRandom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

for (const [count, limits] of [
  [2, [1, 4, 8, 12, 32]],
  [3, [3, 4, 8, 16]],
] as const)
  test(`${count} servers with starts that overlap never run more of a workflow at once than it has slots`, async (t) => {
    const { stores, client } = await openCluster(t, count)
    // A start stays under way for a while after it has counted.
    await client.query(`create function linger() returns trigger language plpgsql as
      $$ begin perform pg_sleep(random() * 0.02); return null; end $$`)
    await client.query('create trigger linger after insert on runs for each statement execute function linger()')
    for (const [index, limit] of limits.entries()) {
      const seed = SEED + index * 7919
      const most = await fillSlots(stores, limit, createRandom(seed))
      assert.ok(most.running <= limit, `${most.running} of ${limit} at once, seed ${seed}`)
      assert.ok(most.running > limit / 2, `only ${most.running} of ${limit} at once, seed ${seed}`)
      assert.equal(most.started, most.ended)
    }
  })

const CALLS = 20

/** Callers for whom the slots are mostly enough. Some runs come through the queue. Counts a run from the answer that it started until its end is asked for. */
async function fillSlots(stores: readonly Store[], limit: number, random: (below: number) => number) {
  const { id } = await addWorkflow(stores[0] ?? assert.fail(), { maxConcurrency: limit })
  let running = 0
  const most = { running: 0, started: 0, ended: 0 }
  const half = Promise.withResolvers<void>()
  const gaveUp = setTimeout(() => half.resolve(), 60_000)
  const carry = async (store: Store, run: Parameters<typeof finish>[1]): Promise<void> => {
    // A run that another limit's turn left in the queue takes no slot of this workflow.
    const slots = run.workflowId === id ? 1 : 0
    running += slots
    most.started += 1
    most.running = Math.max(most.running, running)
    if (most.running > limit / 2) half.resolve()
    // On a busy machine starts take longer than runs, which would not meet otherwise.
    await half.promise
    await delay(20 + random(60))
    running -= slots
    const { applied } = await finish(store, run, outcome())
    most.ended += Number(applied)
  }
  const call = async (index: number): Promise<void> => {
    for (let turn = 0; turn < CALLS; turn += 1) {
      const store = stores[(index + turn) % stores.length] ?? assert.fail()
      if (random(20) === 0) {
        await store.runs.insert(newRun(id, { startedAt: null, notBefore: 1 }))
        for (const run of await store.runs.claim(1, 9000, []))
          await carry(store, { ...newRun(run.workflowId), id: run.id })
        continue
      }
      const run = newRun(id)
      if (await store.runs.insert(run)) await carry(store, run)
      await delay(random(40))
    }
  }
  await Promise.all(Array.from({ length: limit + 2 }, (_, index) => call(index)))
  clearTimeout(gaveUp)
  return most
}
