/** One server at half of what it can do, for minutes: whether its memory, descriptors, processes and disk stay as they are. */

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startServer, type TestServer } from '../../test/helpers/server.ts'
import { callHook, createCatch, type WorkflowBody } from '../../test/helpers/workflows.ts'

export type SoakSample = {
  readonly minute: number
  readonly calls: number
  readonly failed: number
  readonly rssMib: number
  readonly descriptors: number
  readonly processes: number
  readonly databaseMib: number
  readonly logMib: number
}

const CALLERS = 16
const WARM_MS = 15_000
const SAMPLE_MS = 60_000
const SOURCES = [
  'def workflow(_request, settings):\n    return {"status_code": 200, "body": "done"}\n',
  'def workflow(_request, settings):\n    print("x" * 1000)\n    settings["n"] = settings.get("n", 0) + 1\n    return {"status_code": 200, "body": "done"}\n',
]

/** Runs older than this many MiB of each workflow are deleted, so that the disk can come to rest within minutes. */
const RETENTION_MIB = '2'

/** Measures what the server can do, calls it at half that rate, and gives `onSample` a sample each minute. Returns the rate. */
export async function runSoak(minutes: number, onSample: (sample: SoakSample) => void): Promise<number> {
  const server = await startServer({ env: { WORKFLOWS_RETENTION_MIB: RETENTION_MIB } })
  try {
    const options = { max_concurrency: CALLERS }
    const [plain = '', other = ''] = SOURCES
    const workflows = [
      await createCatch(server, { source: plain, isolation: 'reuse', ...options }),
      await createCatch(server, { source: other, isolation: 'reuse', max_concurrency: 1 }),
      await createCatch(server, { source: plain, isolation: 'fresh', ...options }),
    ]
    const counts = { calls: 0, failed: 0 }
    const most = await callFor(workflows, WARM_MS, 0, counts)
    const rate = most / 2
    for (let minute = 0; minute <= minutes; minute += 1) {
      onSample({ minute, ...counts, ...measure(server) })
      if (minute < minutes) await callFor(workflows, SAMPLE_MS, (CALLERS * 1000) / rate, counts)
    }
    return rate
  } finally {
    await server.close()
  }
}

/** Calls from all callers, each at most once in `everyMs`. Returns calls per second. */
async function callFor(
  workflows: readonly WorkflowBody[],
  ms: number,
  everyMs: number,
  counts: { calls: number; failed: number },
): Promise<number> {
  const before = counts.calls
  const end = performance.now() + ms
  const caller = async (index: number) => {
    let next = performance.now() + (index / CALLERS) * everyMs
    while (performance.now() < end) {
      await delay(Math.max(0, next - performance.now()))
      next += everyMs
      // The counter has one slot: one caller alone uses it.
      const workflow = workflows[index === 0 ? 1 : index % 4 === 0 ? 2 : 0]
      if (workflow === undefined) return
      counts.calls += 1
      const { status } = await callHook(workflow, { n: counts.calls }).catch(() => ({ status: 0 }))
      if (status !== 200) counts.failed += 1
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, (_, index) => caller(index)))
  return ((counts.calls - before) * 1000) / ms
}

function measure({ process: child, dataDir }: TestServer) {
  const pid = child.pid ?? 0
  const rss = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  const mebibytes = (name: string) => Math.round((statSync(join(dataDir, name)).size / 1024 ** 2) * 10) / 10
  return {
    rssMib: Math.round(Number(rss) / 1024),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    processes: countDescendants(pid),
    databaseMib: mebibytes('workflows.db'),
    logMib: mebibytes('workflows.db-wal'),
  }
}

function countDescendants(root: number): number {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]))
    } catch {
      // It has ended meanwhile.
    }
  }
  const isBelow = (pid: number | undefined): boolean =>
    pid !== undefined && pid !== 0 && (pid === root || isBelow(parents.get(pid)))
  return [...parents.values()].filter((parent) => isBelow(parent)).length
}
