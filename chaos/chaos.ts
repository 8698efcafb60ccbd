/** Rounds of load, death, recovery and reckoning. */

import { checkCounter, checkLedger, checkTicks } from './check.ts'
import { createApi } from './client.ts'
import { FAIL_POINTS, type FailPoint } from './fail-points.ts'
import { COUNTER, ledgerFunction, PULL } from './functions.ts'
import { checkLanes, LANE_FIELDS, type LaneSink, laneFunction, openLaneSink, startLaneLoad } from './lanes.ts'
import { type Ledger, startLoad, type Workflow } from './load.ts'
import { createRandom, type Random } from './random.ts'
import { type Engine, openServers, type Server, type Servers } from './servers.ts'
import { openSink, type Sink } from './sink.ts'

export type ChaosOptions = {
  readonly engine: Engine
  readonly rounds: number
  readonly seed: number
  /** Where a round's server dies; left out: at random moments and named ones in turn. */
  readonly points?: readonly Moment[]
  readonly onRound?: (report: RoundReport) => void
}

/** `at random`: from outside, after a while. */
export type Moment = FailPoint | 'at random'

export type RoundReport = {
  readonly round: number
  readonly moment: Moment
  /** Whether the server died by itself at its moment; otherwise it was killed when the time was over. */
  readonly hit: boolean
  readonly calls: number
  readonly unknown: number
  readonly lost: number
  readonly ticks: number
  readonly broken: readonly string[]
}

const MOMENTS: readonly [Moment, ...Moment[]] = ['at random', ...FAIL_POINTS]
/** Once a second; the others pass with each call. */
const RARE: ReadonlySet<Moment> = new Set(['ticking', 'moved', 'inserted', 'ticked', 'claimed'])
const MAX_MS = 120_000
const BUSY_CALLS = 20
const SETTLE_MS = 180_000

type Round = {
  readonly options: ChaosOptions
  readonly servers: Servers
  readonly sink: Sink
  readonly laneSink: LaneSink
  readonly random: Random
  readonly live: Server[]
}

/** SQLite has one server, PostgreSQL two; one of them dies in each round. */
export async function runChaos(options: ChaosOptions): Promise<readonly RoundReport[]> {
  const sink = await openSink()
  const laneSink = await openLaneSink()
  const servers = await openServers(options.engine, {
    WORKFLOWS_EGRESS_ALLOW: `127.0.0.1:${sink.port},127.0.0.1:${laneSink.port}`,
  })
  try {
    const live = [await servers.start()]
    if (options.engine === 'postgres') live.push(await servers.start())
    const context = { options, servers, sink, laneSink, random: createRandom(options.seed), live }
    const reports: RoundReport[] = []
    for (let round = 1; round <= options.rounds; round += 1) {
      const report = await runRound(context, round)
      reports.push(report)
      options.onRound?.(report)
    }
    return reports
  } finally {
    await servers.close()
    sink.close()
    laneSink.close()
  }
}

async function runRound(context: Round, round: number): Promise<RoundReport> {
  const { options, servers, sink, laneSink, random, live } = context
  const points = options.points ?? MOMENTS
  const moment = points[(round - 1) % points.length] ?? 'at random'
  const ledger = await make(servers, live, 'catch', ledgerFunction(sink.port), {})
  const counter = await make(servers, live, 'catch', COUNTER, { max_concurrency: 1 })
  const schedule = { every_seconds: 1, overlap: 'queue' }
  const pull = await make(servers, live, 'pull', PULL, { schedule })
  const lanes = await make(servers, live, 'catch', laneFunction(laneSink.port), LANE_FIELDS)
  const load = startLoad({ ledger, counter, apiKey: servers.apiKey, urls: () => urlsOf(live), random, round })
  const laneLoad = startLaneLoad({ workflow: lanes, urls: () => urlsOf(live), random, round })
  await untilBusy(load.ledger)
  const hit = await killOne(context, moment)
  // The others go on: what they take from the dead one is part of the load.
  if (live.length > 1) await sleep(300)
  await Promise.all([load.stop(), laneLoad.stop()])
  await replaceDead(context)
  const api = createApi(urlsOf(live)[0], servers.apiKey)
  await api.make('PATCH', `/api/workflows/${pull.id}`, { enabled: false })
  await untilSettled(context, [ledger, counter, pull, lanes])
  const found = await checkLedger(api, ledger, load.ledger, sink.counts)
  const ticks = await checkTicks(api, pull)
  const inLanes = await checkLanes(api, lanes, laneLoad.ledger, laneSink.seen(round))
  const broken = [...found.broken, ...(await checkCounter(api, counter, load.ledger)), ...ticks.broken, ...inLanes]
  return { round, moment, hit, calls: countCalls(load.ledger), ...found, ticks: ticks.ticks, broken }
}

/** There must be something to lose: a fresh server's first calls are its slowest. */
async function untilBusy({ calls }: Ledger): Promise<void> {
  const deadline = performance.now() + MAX_MS
  while (calls.filter(({ answered }) => answered !== 'unknown').length < BUSY_CALLS && performance.now() < deadline)
    await sleep(20)
}

/** True when it died at its moment, and not because the time was over. */
async function killOne({ random, live }: Round, moment: Moment): Promise<boolean> {
  const victim = live[random.whole(0, live.length - 1)]
  if (victim === undefined) throw new Error('no server is alive')
  if (moment === 'at random') {
    await sleep(random.whole(0, 500))
    await victim.kill('SIGKILL')
    return true
  }
  const isRare = RARE.has(moment)
  victim.arm({
    point: moment,
    count: random.whole(1, isRare ? 1 : 8),
    delayMs: random.next() * (moment === 'running' ? 20 : 2),
  })
  let hit = true
  const late = setTimeout(() => {
    hit = false
    void victim.kill('SIGKILL')
  }, MAX_MS)
  await victim.ended
  clearTimeout(late)
  return hit
}

async function replaceDead({ servers, live }: Round): Promise<void> {
  for (const [index, server] of live.entries()) if (!server.isAlive()) live[index] = await servers.start()
}

/** No run may stay under way once the dead server's lease is over. */
async function untilSettled({ servers, live }: Round, workflows: readonly Workflow[]): Promise<void> {
  const api = createApi(urlsOf(live)[0], servers.apiKey)
  const deadline = performance.now() + SETTLE_MS
  for (;;) {
    const open = (
      await Promise.all(
        workflows.flatMap(({ id }) =>
          ['running', 'queued'].map((status) => api.list<{ id: string }>(`/api/workflows/${id}/runs?status=${status}`)),
        ),
      )
    ).flat()
    if (open.length === 0) return
    if (performance.now() > deadline) throw new Error(`runs stay under way: ${open.map(({ id }) => id)}`)
    await sleep(100)
  }
}

async function make(
  { apiKey }: Servers,
  live: readonly Server[],
  kind: string,
  source: string,
  fields: Readonly<Record<string, unknown>>,
): Promise<Workflow> {
  const api = createApi(urlsOf(live)[0], apiKey)
  const workflow = await api.make<Workflow>('POST', '/api/workflows', { name: 'chaos', kind, ...fields })
  await api.make('POST', `/api/workflows/${workflow.id}/versions`, { source })
  return workflow
}

function urlsOf(live: readonly Server[]): readonly [string, ...string[]] {
  const [first, ...others] = live
  if (first === undefined) throw new Error('no server was started')
  return [first.url, ...others.map(({ url }) => url)]
}

const countCalls = ({ calls, numbersTried, settings }: Ledger): number => calls.length + numbersTried + settings.size

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
