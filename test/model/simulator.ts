/**
 * A world in one process, driven by a seed: servers that plan ticks and carry runs over one database, with crashes,
 * delays, duplicates, commits out of order and clocks that jump. The rules are the program's own pure functions;
 * the database here keeps the same fences as the store's SQL (test/store holds the SQL to them).
 */

import type { Schedule } from '../../src/domain/schedules/schedule.ts'
import { nextTickAfter } from '../../src/domain/schedules/schedule.ts'
import { planTicks } from '../../src/domain/schedules/ticks.ts'
import { planChanges, type Standing } from '../../src/domain/settings/settings.ts'

type Status = 'queued' | 'running' | 'succeeded' | 'failed' | 'lost'
type SimulatedRun = {
  readonly id: number
  readonly dueAt: number
  status: Status
  server: number | null
  readonly statuses: Status[]
}
type Commit = {
  readonly runId: number
  readonly status: Status
  readonly applied: boolean
  readonly wanted: ReadonlyMap<string, string | null>
  readonly seen: ReadonlyMap<string, Standing>
  readonly conflicts: readonly string[]
}

/** Everything that is left to be judged. */
export type World = {
  readonly schedule: Schedule
  readonly firstAt: number
  nextAt: number
  readonly ticks: Map<number, { readonly outcome: string; attempts: number; runId: number | null }>
  readonly tickWrites: number[]
  readonly runs: SimulatedRun[]
  readonly commits: Commit[]
  readonly settings: Map<string, Standing>
  readonly revisions: Map<string, number>
}

type Server = { id: number; upSince: number; skew: number; alive: boolean }
type Random = () => number

const START = 1_000_000
const SECONDS = 1000
const SERVERS = 3
const STEPS = 120
const MAX_ATTEMPTS = 3
const KEYS = ['a', 'b', 'c']

/** Runs the world of one seed to its quiet end: every server up, nothing under way. */
export function simulate(seed: number): World {
  const random = createRandom(seed)
  const world = createWorld(random)
  const servers = Array.from({ length: SERVERS }, (_, id) => ({ id, upSince: START, skew: 0, alive: true }))
  const pending: { at: number; act: () => void }[] = []
  const sim: Simulation = { world, servers, pending, random, now: START }
  for (let step = 0; step < STEPS; step += 1) {
    sim.now += Math.floor(random() * 800)
    deliver(sim)
    disturb(sim)
    const server = pick(random, servers)
    if (server.alive) pick(random, [pass, pass, carry, carry, recover])(sim, server)
  }
  settle(sim)
  return world
}

type Simulation = {
  readonly world: World
  readonly servers: readonly Server[]
  readonly pending: { at: number; act: () => void }[]
  readonly random: Random
  now: number
}

function createWorld(random: Random): World {
  const schedule = {
    every_seconds: 1 + Math.floor(random() * 3),
    overlap: pick(random, ['skip', 'queue', 'allow'] as const),
    missed: pick(random, ['last', 'all', 'none'] as const),
  }
  return {
    schedule,
    firstAt: START,
    nextAt: START,
    ticks: new Map(),
    tickWrites: [],
    runs: [],
    commits: [],
    settings: new Map(),
    revisions: new Map(),
  }
}

/** Acts after a delay, in an order of its own, now and then twice: the first answer was lost, so it was tried again. */
function later({ pending, random, now }: Simulation, act: () => void): void {
  const times = random() < 0.15 ? 2 : 1
  for (let time = 0; time < times; time += 1) pending.push({ at: now + Math.floor(random() * 2000), act })
}

function deliver(sim: Simulation): void {
  const due = sim.pending.filter(({ at }) => at <= sim.now)
  sim.pending.splice(0, sim.pending.length, ...sim.pending.filter(({ at }) => at > sim.now))
  while (due.length > 0) due.splice(Math.floor(sim.random() * due.length), 1)[0]?.act()
}

/** What was sent before a crash still arrives: the database may commit for a server that is gone. */
function disturb(sim: Simulation): void {
  const { random, servers } = sim
  const server = pick(random, servers)
  if (random() < 0.06) server.alive = false
  if (!server.alive && random() < 0.3) Object.assign(server, { alive: true, upSince: sim.now + server.skew })
  if (random() < 0.04) server.skew = Math.floor((random() - 0.5) * 20 * SECONDS)
  if (random() < 0.02) sim.now += 30 * SECONDS
}

/** One look of a scheduler: reads, decides, and writes later behind the fence. */
function pass(sim: Simulation, server: Server): void {
  const { world } = sim
  const now = sim.now + server.skew
  if (world.nextAt > now) return
  const expected = world.nextAt
  const active = world.runs.filter(({ status }) => status === 'queued' || status === 'running')
  const queued = active.filter(({ status }) => status === 'queued').length
  const due = {
    schedule: world.schedule,
    anchorAt: world.firstAt,
    nextAt: expected,
    active: active.length,
    queued,
  }
  const plan = planTicks(due, now, server.upSince)
  later(sim, () => {
    if (world.nextAt !== expected || plan.nextAt === null) return
    world.nextAt = plan.nextAt
    for (const { dueAt, outcome } of plan.ticks) {
      world.tickWrites.push(dueAt)
      if (world.ticks.has(dueAt)) continue
      const runId = outcome === 'ran' ? queue(world, dueAt).id : null
      world.ticks.set(dueAt, { outcome, attempts: runId === null ? 0 : 1, runId })
    }
  })
}

function queue(world: World, dueAt: number): SimulatedRun {
  const run: SimulatedRun = { id: world.runs.length, dueAt, status: 'queued', server: null, statuses: ['queued'] }
  world.runs.push(run)
  return run
}

/** Claims a run, takes its copy of the settings, and commits what it did some time later, alive or not. */
function carry(sim: Simulation, server: Server): void {
  const { world, random } = sim
  const run = world.runs.find(({ status }) => status === 'queued')
  if (run === undefined) return
  moveTo(run, 'running')
  run.server = server.id
  const seen = new Map(world.settings)
  const wanted = new Map(
    KEYS.filter(() => random() < 0.5).map((key) => [key, random() < 0.2 ? null : `${run.id}`] as const),
  )
  const status = random() < 0.3 ? 'failed' : 'succeeded'
  later(sim, () => finish(world, run, status, wanted, seen))
}

function finish(
  world: World,
  run: SimulatedRun,
  status: 'failed' | 'succeeded',
  wanted: ReadonlyMap<string, string | null>,
  seen: ReadonlyMap<string, Standing>,
): void {
  const applied = run.status === 'running'
  const commit = { runId: run.id, status, applied, wanted, seen }
  if (!applied || status === 'failed') {
    world.commits.push({ ...commit, conflicts: [] })
    if (applied) moveTo(run, status)
    return
  }
  const { changes, conflicts } = planChanges(wanted, world.settings, seen)
  moveTo(run, status)
  for (const { key, value } of changes) {
    const revision = (world.revisions.get(key) ?? 0) + 1
    world.revisions.set(key, revision)
    if (value === null) world.settings.delete(key)
    else world.settings.set(key, { value, revision })
  }
  world.commits.push({ ...commit, conflicts: conflicts.map(({ key }) => key) })
}

function recover(sim: Simulation): void {
  const { world, servers } = sim
  const dead = new Set(servers.filter(({ alive }) => !alive).map(({ id }) => id))
  const lost = world.runs.filter(({ status, server }) => status === 'running' && server !== null && dead.has(server))
  for (const run of lost) {
    moveTo(run, 'lost')
    const tick = world.ticks.get(run.dueAt)
    if (tick === undefined || tick.runId !== run.id || tick.attempts >= MAX_ATTEMPTS) continue
    tick.attempts += 1
    tick.runId = queue(world, run.dueAt).id
  }
}

function moveTo(run: SimulatedRun, status: Status): void {
  run.status = status
  run.statuses.push(status)
}

/** Everything heals and comes to an end. */
function settle(sim: Simulation): void {
  for (const server of sim.servers) Object.assign(server, { alive: true, skew: 0 })
  const endAt = sim.now + 5 * SECONDS
  for (let round = 0; round < 2000; round += 1) {
    sim.now += 500
    deliver(sim)
    for (const server of sim.servers) {
      if (sim.now < endAt) pass(sim, server)
      carry(sim, server)
    }
    const isQuiet = sim.world.runs.every(({ status }) => status !== 'queued' && status !== 'running')
    if (sim.now >= endAt && sim.pending.length === 0 && isQuiet) return
  }
  throw new Error('the world did not come to rest')
}

/** The ticks that must have a record, worked out without the planner. */
export function expectedTicks({ schedule, firstAt, nextAt }: World): readonly number[] {
  const times: number[] = []
  for (let at: number | null = firstAt; at !== null && at < nextAt; at = nextTickAfter(schedule, firstAt, at)) {
    times.push(at)
  }
  return times
}

function pick<T>(random: Random, items: readonly T[]): T {
  const item = items[Math.floor(random() * items.length)]
  if (item === undefined) throw new Error('nothing to pick from')
  return item
}

/** mulberry32: small, and the same on every machine. */
function createRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
