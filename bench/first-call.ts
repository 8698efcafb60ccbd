/**
 * The first call of a function that imports packages, once their environment is on the server: right after its version was deployed
 * (its template is there), after its workers have ended (only a zygote of the environment is there), and after a start of the server
 * (nothing is there). And the memory of an idle template with its waiting child. Needs a package index.
 * Prints a table and renews docs/evidence/performance.md. `BENCH_ROUNDS`, `BENCH_SETS` (a part of a name).
 */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { listWorkerProcesses } from '../test/helpers/pool.ts'
import { startServer, type TestServer } from '../test/helpers/server.ts'
import { createCatch, must, type WorkflowBody } from '../test/helpers/workflows.ts'
import { median, round, timedCall } from './figures.ts'
import { pss } from './packages/processes.ts'
import { declare, type PackageSet, SETS } from './packages/sets.ts'
import { report } from './report.ts'

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 7)
const ONLY = process.env.BENCH_SETS ?? ''
/** Lets the pool do what it does in the background, as the time between real calls does. */
const PAUSE_MS = 1500
const PRESET_MIB = 512

const dataDir = await mkdtemp(join(tmpdir(), 'workflows-first-'))
const env = { UV_FIND_LINKS: '' }
let server = await startServer({ dataDir, env })
const rows: Record<string, string | number>[] = []
try {
  for (const set of SETS.filter(({ name }) => name.includes(ONLY))) rows.push(await measure(set))
} finally {
  await server.close()
  await rm(dataDir, { recursive: true, force: true })
}
console.table(rows)
if (ONLY === '') await report('first-call', rows)

async function measure(set: PackageSet) {
  const source = declare(
    set,
    `${set.imports.map((name) => `import ${name}\n`).join('')}
def workflow(_request, settings):
    return {"status_code": 200, "body": "done"}
`,
  )
  // Resolved and built before the measurement.
  const workflow = await createCatch(server, { source })
  await sleep(PAUSE_MS)
  const before = new Set(listWorkerProcesses(server.process.pid))
  const deployed: number[] = []
  for (let turn = 0; turn < ROUNDS; turn += 1) {
    const body = { source: `${source}# ${turn}\n` }
    await must(server.api('POST', `/api/workflows/${workflow.id}/versions`, body), 201)
    await sleep(PAUSE_MS)
    deployed.push(await timedCall(workflow))
  }
  const templates = listWorkerProcesses(server.process.pid).filter((pid) => !before.has(pid))
  const mebibytes = templates.reduce((sum, pid) => sum + pss(pid), 0) / ROUNDS
  const loaded = await measureAnew(server, workflow)
  const restarted: number[] = []
  for (let turn = 0; turn < 3; turn += 1) {
    await server.stop()
    server = await startServer({ dataDir, env })
    await sleep(PAUSE_MS)
    restarted.push(await timedCall(movedTo(server, workflow)))
  }
  return {
    packages: set.name,
    'just deployed, ms': round(median(deployed)),
    'workers gone, ms': round(median(loaded)),
    'after a start, ms': round(median(restarted)),
    'idle template, MiB': round(mebibytes),
  }
}

/** Another memory limit is another worker, which the call itself makes and loads. */
async function measureAnew(running: TestServer, workflow: WorkflowBody): Promise<readonly number[]> {
  const times: number[] = []
  for (let turn = 1; turn <= ROUNDS; turn += 1) {
    await must(running.api('PATCH', `/api/workflows/${workflow.id}`, { memory_mib: PRESET_MIB + turn }), 200)
    await sleep(PAUSE_MS)
    times.push(await timedCall(workflow))
  }
  return times
}

/** The same hook on a server that was started anew, on another port and with another key. */
function movedTo({ url }: TestServer, workflow: WorkflowBody): WorkflowBody {
  return { ...workflow, hook_url: new URL(new URL(workflow.hook_url).pathname, url).href }
}
