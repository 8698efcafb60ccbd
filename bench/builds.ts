/**
 * Installing packages: from the request that deploys a version until it answers, beside plain `uv pip install` of the same packages
 * for the same interpreter. Both resolve, download, install and compile to bytecode, with cold and with warm caches, at the same
 * priority, in turns in one run; uv also as it is called by default, without bytecode. Needs a package index.
 * Prints a table and renews docs/evidence/performance.md. `BENCH_ROUNDS`, `BENCH_SETS` (a part of a name).
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startServer } from '../test/helpers/server.ts'
import { callHook, createCatch, must, type WorkflowBody } from '../test/helpers/workflows.ts'
import { median, round } from './figures.ts'
import { childrenSeconds, cpuSeconds } from './packages/processes.ts'
import { declare, type PackageSet, SETS } from './packages/sets.ts'
import { report } from './report.ts'

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3)
const ONLY = process.env.BENCH_SETS ?? ''
const UV = join(import.meta.dirname, '../.cache/uv/uv')
const EMPTY = 'def workflow(_request, settings):\n    pass\n'
/** The way of a build: ours, uv with bytecode, uv as it is called by default. */
const WAYS = ['ours', 'compiled', 'plain'] as const
const TRIM_MS = 10_000
const CACHES = ['cold', 'warm'] as const
/** The priority of a build in its sandbox. */
const NICE = 10

type Way = (typeof WAYS)[number]
type Version = {
  readonly runtime: string
  readonly environment: { readonly id: string; readonly status: string } | null
}
type Cost = { readonly seconds: number; readonly cpu: number }
type Costs = Record<Way, Cost[]>

const folder = await mkdtemp(join(tmpdir(), 'workflows-builds-'))
// From the index alone: a folder of wheels that the machine has beside it would be only one side's.
const server = await startServer({ env: { UV_FIND_LINKS: '' } })
const rows: Record<string, string | number>[] = []
try {
  const workflow = await createCatch(server, { source: EMPTY })
  const pythons = await listPythons()
  for (const set of SETS.filter(({ name }) => name.includes(ONLY)))
    rows.push(...(await measure(set, workflow, pythons)))
} finally {
  await server.close()
  await rm(folder, { recursive: true, force: true })
}
console.table(rows)
if (ONLY === '') await report('builds', rows)

async function measure(set: PackageSet, workflow: WorkflowBody, pythons: ReadonlyMap<string, string>) {
  const { runtime, environment } = await deploy(set, workflow, EMPTY)
  const id = environment?.id ?? ''
  // An environment that shares all packages keeps the cache from being emptied after each removal.
  const dependencies = [...set.dependencies, 'iniconfig']
  await deploy({ ...set, dependencies }, await createCatch(server, { source: EMPTY }), EMPTY)
  const python = pythons.get(runtime) ?? ''
  const costs: Record<(typeof CACHES)[number], Costs> = {
    cold: { ours: [], compiled: [], plain: [] },
    warm: { ours: [], compiled: [], plain: [] },
  }
  for (let turn = 0; turn < ROUNDS; turn += 1) {
    for (const way of turn % 2 === 0 ? WAYS : WAYS.toReversed()) {
      await forget(way)
      for (const cache of CACHES) {
        await removeEnvironment(workflow, id)
        await rm(join(folder, 'target'), { recursive: true, force: true })
        const cpu = cpuOf(way === 'ours' ? (server.process.pid ?? 0) : null)
        const start = performance.now()
        if (way === 'ours') await deploy(set, workflow, EMPTY)
        else await installPlainly(set, python, way === 'compiled')
        const seconds = (performance.now() - start) / 1000
        costs[cache][way].push({ seconds, cpu: cpuOf(way === 'ours' ? (server.process.pid ?? 0) : null) - cpu })
      }
    }
  }
  await removeEnvironment(workflow, id)
  return CACHES.map((cache) => rowOf(set, runtime, cache, costs[cache]))
}

function rowOf({ name }: PackageSet, runtime: string, cache: string, { ours, compiled, plain }: Costs) {
  const typical = (list: readonly Cost[], key: keyof Cost) => round(median(list.map((one) => one[key])))
  const ratio = (others: readonly Cost[], key: keyof Cost) =>
    round(median(ours.map((one, index) => one[key] / (others[index]?.[key] ?? Number.NaN))))
  return {
    packages: `${name} (${runtime})`,
    cache,
    'uv, s': typical(plain, 'seconds'),
    'uv, compiled, s': typical(compiled, 'seconds'),
    'deployed, s': typical(ours, 'seconds'),
    '× uv, compiled': ratio(compiled, 'seconds'),
    'deployed, CPU s': typical(ours, 'cpu'),
    'uv, compiled, CPU s': typical(compiled, 'cpu'),
    'CPU, × uv, compiled': ratio(compiled, 'cpu'),
  }
}

/** Of the server and all below it; with null, of the processes that this one has started and that ended. */
function cpuOf(pid: number | null): number {
  return pid === null ? childrenSeconds() : cpuSeconds(pid)
}

/** Deploys a version with these packages, resolved anew. */
async function deploy(set: PackageSet, workflow: WorkflowBody, source: string): Promise<Version> {
  const body = { source: declare(set, source), upgrade_packages: true }
  const version = await must(server.api<Version>('POST', `/api/workflows/${workflow.id}/versions`, body), 201)
  if (version.environment?.status !== 'ready') throw new Error(`${set.name}: expected its packages to be ready`)
  return version
}

/** Removes what only this workflow uses, and waits until the cache was trimmed after it. */
async function removeEnvironment(workflow: WorkflowBody, id: string): Promise<void> {
  await must(server.api('POST', `/api/workflows/${workflow.id}/versions`, { source: EMPTY }), 201)
  const isReady = async () =>
    (await must(server.api<{ status: string }>('GET', `/api/environments/${id}`), 200)).status === 'ready'
  while (await isReady()) {
    await server.api('DELETE', `/api/environments/${id}`)
    await sleep(100)
  }
  await sleep(TRIM_MS)
}

/** Empties the cache. */
async function forget(way: Way): Promise<void> {
  const cache = way === 'ours' ? join(server.dataDir, 'environments/wheels/cache') : join(folder, 'cache')
  for (const name of await readdir(cache).catch(() => [])) await rm(join(cache, name), { recursive: true, force: true })
}

async function installPlainly({ dependencies }: PackageSet, python: string, compile: boolean): Promise<void> {
  const options = [
    '--python',
    python,
    '--target',
    join(folder, 'target'),
    '--cache-dir',
    join(folder, 'cache'),
    '--no-config',
  ]
  const packages = [...dependencies, 'hrflow', 'requests']
  const command = [UV, 'pip', 'install', ...options, ...(compile ? ['--compile-bytecode'] : []), ...packages]
  const child = spawn('nice', ['-n', String(NICE), ...command], {
    stdio: ['ignore', 'ignore', 'ignore'],
    env: { ...process.env, UV_FIND_LINKS: '', UV_NO_PROGRESS: '1' },
  })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`uv ended with ${code}`)
}

/** Each runtime's program, asked of a function that runs on it. */
async function listPythons(): Promise<ReadonlyMap<string, string>> {
  const source =
    'import sys\ndef workflow(_request, settings):\n    return {"status_code": 200, "body": sys.executable}\n'
  const { data } = await must(server.api<{ data: { name: string; language: string }[] }>('GET', '/api/runtimes'), 200)
  const found = new Map<string, string>()
  for (const { name } of data.filter(({ language }) => language === 'python')) {
    const workflow = await createCatch(server, { source, runtime: name })
    found.set(name, (await callHook(workflow, {})).text)
  }
  return found
}
