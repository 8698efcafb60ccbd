/** One server at half of what it can do, for minutes: whether its memory, descriptors, processes and disk stay as they are. */

import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startServer, type TestServer, type Through } from '../../test/helpers/server.ts'
import { createLoad, type SoakLoad } from './load.ts'
import { type Held, measure } from './measure.ts'
import { judge, type Minute, median, type Verdict } from './verdict.ts'

export type SoakOptions = {
  /** The measured part, after the warm-up. */
  readonly minutes: number
  readonly warmUpMinutes: number
  readonly onMinute: (minute: Minute) => void
  /** How long the server is called as fast as it answers, to know half of it. */
  readonly fullMs?: number
  readonly minuteMs?: number
}

export type SoakReport = { readonly most: number; readonly verdicts: readonly Verdict[] }

const FULL_MS = 20_000
const MINUTE_MS = 60_000
const SAMPLES = 12
/** Beyond this much of each workflow, old runs are deleted: as little as the server lets be set. */
const RETENTION_MIB = '1'

/** Measures what a server can do, and calls it at half that rate. */
export async function runSoak(options: SoakOptions): Promise<SoakReport> {
  const { minutes, warmUpMinutes, onMinute, fullMs = FULL_MS, minuteMs = MINUTE_MS } = options
  const server = await startServer({ env: { WORKFLOWS_RETENTION_MIB: RETENTION_MIB }, through: asSoaked })
  try {
    const load = await createLoad(server)
    const most = await load.measure(fullMs)
    load.start(most / 2)
    const measured: Minute[] = []
    for (let minute = 1; minute <= warmUpMinutes + minutes; minute += 1) {
      const isWarmUp = minute <= warmUpMinutes
      const found = { minute, isWarmUp, ...(await watch(server, load, minuteMs)) }
      onMinute(found)
      if (!isWarmUp) measured.push(found)
    }
    await load.stop()
    return { most, verdicts: judge(measured) }
  } finally {
    await server.close()
  }
}

async function watch(
  server: TestServer,
  { counts }: SoakLoad,
  ms: number,
): Promise<Held & { calls: number; failed: number }> {
  const { calls, failed } = counts
  const begin = performance.now()
  const samples: Held[] = []
  for (let index = 1; index <= SAMPLES; index += 1) {
    await delay(Math.max(0, begin + (index * ms) / SAMPLES - performance.now()))
    samples.push(await measure(server))
  }
  const all = (name: keyof Held) => samples.map((sample) => sample[name])
  return {
    calls: counts.calls - calls,
    failed: counts.failed - failed,
    rssMib: median(all('rssMib')),
    // The least is nearest to what a collection leaves.
    heapMib: Math.min(...all('heapMib')),
    othersMib: median(all('othersMib')),
    descriptors: Math.max(...all('descriptors')),
    processes: Math.max(...all('processes')),
    databaseMib: Math.max(...all('databaseMib')),
    logMib: Math.max(...all('logMib')),
    load: median(all('load')),
  }
}

/** The same command with another program. */
function asSoaked([file = '', ...args]: readonly string[]): ReturnType<Through> {
  const options = args.filter((arg) => arg.startsWith('-'))
  return { file, args: [...options, join(import.meta.dirname, 'server.ts')], identity: {} }
}
