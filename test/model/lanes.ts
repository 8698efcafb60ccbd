/** Worlds of lanes: servers on one database accept, claim, end and lose runs in an order that a seed decides. */

import { createRandom, type Random } from '../../chaos/random.ts'
import type { Run } from '../../src/domain/runs/run.ts'
import type { Store } from '../../src/store/store.ts'
import { addWorkflow, finish, newRun, outcome } from '../helpers/store-data.ts'

const LANES = ['a', 'b', 'c'] as const
const STEPS = 30
const RETRIES = { count: 2, backoff_seconds: 1 }
/** Beyond every back-off, and short of the time after which a server's own runs count as lost. */
const STEP_MS = 500

/** How often the worlds came to what they are about. */
export type Met = Record<'claimed' | 'waited' | 'retried' | 'lost' | 'cancelled' | 'together', number>

type Servers = {
  readonly stores: Store[]
  /** One dies without ending its runs; a new one is in its place. */
  crash(index: number): Promise<void>
}

type Accepted = {
  readonly root: string
  readonly lane: string
  readonly group: number
  isOver: boolean
  starts: number
}

type World = {
  readonly random: Random
  readonly servers: Servers
  readonly workflowId: string
  readonly met: Met
  readonly accepted: Accepted[]
  /** Runs that are under way, and on which server. */
  readonly running: Map<string, { readonly run: Run; readonly entry: Accepted; readonly server: number }>
  now: number
  group: number
}

/** Throws an Error that says which promise of lanes was broken. */
export async function simulateLanes(seed: number, servers: Servers, met: Met): Promise<void> {
  const { id } = await addWorkflow(servers.stores[0] as Store, { maxConcurrency: 6, retries: RETRIES })
  const random = createRandom(seed)
  const [accepted, running] = [[], new Map()]
  const world: World = { random, servers, workflowId: id, met, accepted, running, now: 10_000, group: 0 }
  for (let step = 0; step < STEPS; step += 1) {
    world.now += STEP_MS
    await takeStep(world, random.next())
  }
  for (let rest = 0; world.accepted.some(({ isOver }) => !isOver); rest += 1) {
    if (rest > 300) throw new Error('runs are lost: some were accepted and never came to an end')
    world.now += STEP_MS
    await claim(world)
    await endOne(world)
  }
}

async function takeStep(world: World, what: number): Promise<void> {
  if (what < 0.35) return await accept(world)
  if (what < 0.65) return await claim(world)
  if (what < 0.88) return await endOne(world)
  if (what < 0.94) return await cancelOne(world)
  return await crash(world)
}

/** Several callers at once: what is accepted after another was acknowledged comes behind it. */
async function accept({ random, servers, workflowId, accepted, ...world }: World): Promise<void> {
  const group = accepted.length
  const runs = Array.from({ length: random.whole(1, 4) }, () => {
    const run = newRun(workflowId, { createdAt: world.now, startedAt: null, lane: random.pick(LANES) })
    accepted.push({ root: run.id, lane: run.lane ?? '', group, isOver: false, starts: 0 })
    return run
  })
  await Promise.all(runs.map((run) => storeAt(servers, random).runs.insert(run)))
}

const storeAt = ({ stores }: Servers, random: Random): Store => stores[random.whole(0, stores.length - 1)] as Store

/** All servers at once. */
async function claim(world: World): Promise<void> {
  const { random, servers, running, met } = world
  const limits = servers.stores.map(() => random.whole(0, 4))
  const claimed = await Promise.all(
    servers.stores.map((store, index) => store.runs.claim(limits[index] ?? 0, world.now, [])),
  )
  for (const [server, runs] of claimed.entries()) for (const run of runs) begin(world, run, server)
  if (claimed.filter((runs) => runs.length > 0).length > 1) met.together += 1
  if (running.size > 0 && world.accepted.some(({ isOver, starts }) => !isOver && starts === 0)) met.waited += 1
}

function begin({ accepted, running, met }: World, run: Run, server: number): void {
  const entry = accepted.find(({ root }) => root === (run.retryOf ?? run.id))
  if (entry === undefined) throw new Error(`a run was claimed that was never accepted: ${run.id}`)
  const other = [...running.values()].find(({ entry: { lane } }) => lane === entry.lane)
  if (other !== undefined) throw new Error(`two at once in lane ${entry.lane}: ${run.id} and ${other.run.id}`)
  const before = accepted.find(({ lane, group, isOver }) => lane === entry.lane && group < entry.group && !isOver)
  if (before !== undefined) throw new Error(`out of order in lane ${entry.lane}: ${run.id} before ${before.root}`)
  if (entry.isOver) throw new Error(`${run.id} starts again after its end`)
  entry.starts += 1
  met.claimed += 1
  if (entry.starts > 1) met.retried += 1
  running.set(run.id, { run, entry, server })
}

async function endOne({ random, servers, running }: World): Promise<void> {
  const all = [...running.values()]
  const one = all[random.whole(0, all.length - 1)]
  if (one === undefined) return
  const isGood = random.next() < 0.7
  const end = isGood ? outcome() : outcome({ status: 'failed', code: 'exception', message: 'as the seed says' })
  await finish(servers.stores[one.server] as Store, one.run, end)
  running.delete(one.run.id)
  one.entry.isOver = isGood || one.entry.starts > RETRIES.count
}

/** A run that waits for its first start, or was never under way. */
async function cancelOne({ random, servers, accepted, met, now }: World): Promise<void> {
  const waiting = accepted.filter(({ isOver, starts }) => !isOver && starts === 0)
  const one = waiting[random.whole(0, waiting.length - 1)]
  if (one === undefined) return
  if (!(await storeAt(servers, random).runs.cancelQueued(one.root, now))) throw new Error(`${one.root} was not queued`)
  one.isOver = true
  met.cancelled += 1
}

/** Its runs are lost, and count as under way until another server says so. */
async function crash(world: World): Promise<void> {
  const { random, servers, running, met } = world
  const server = random.whole(0, servers.stores.length - 1)
  await servers.crash(server)
  const lost = new Set(await storeAt(servers, random).runs.recoverLost(world.now))
  for (const [id, one] of running) {
    if (one.server !== server) continue
    if (!lost.delete(id)) throw new Error(`${id} was under way on a dead server, and is not lost`)
    running.delete(id)
    one.entry.isOver = one.entry.starts > RETRIES.count
    met.lost += 1
  }
  if (lost.size > 0) throw new Error(`runs of living servers are lost: ${[...lost]}`)
}
