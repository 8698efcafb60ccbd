/**
 * Installing packages: from the request that deploys a version until it answers, beside plain `uv pip install` of the same packages
 * for the same interpreter. Both resolve, download, install and compile to bytecode, with cold and with warm caches, at the same
 * priority, in turns in one run; uv also as it is called by default, without bytecode. uv loads no code, so the time until the packages
 * are there is shown beside that until the answer, for code that imports nothing and for code that imports the packages. The bytecode
 * that follows the answer is waited for: its processor time is counted, and it disturbs no other figure. Needs a package index.
 * Prints a table and renews docs/evidence/performance.md. `BENCH_ROUNDS`, `BENCH_SETS` (a part of a name).
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startServer } from '../test/helpers/server.ts'
import { createCatch, must, type WorkflowBody } from '../test/helpers/workflows.ts'
import { childrenSeconds, cpuSeconds } from './packages/processes.ts'
import { declare, median, type PackageSet, round2, SETS } from './packages/sets.ts'
import { report } from './report.ts'

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3)
const ONLY = process.env.BENCH_SETS ?? ''
const UV = join(import.meta.dirname, '../.cache/uv/uv')
const EMPTY = 'def workflow(_request, settings):\n    pass\n'
/** The way of a build: ours, ours for code that imports the packages, uv with bytecode, uv as it is called by default. */
const WAYS = ['ours', 'importing', 'compiled', 'plain'] as const
const LOOK_MS = 20
const CACHES = ['cold', 'warm'] as const
/** The priority of a build in its sandbox. */
const NICE = 10

type Way = (typeof WAYS)[number]
type Version = {
  readonly runtime: string
  readonly environment: { readonly id: string; readonly status: string } | null
}
/** Seconds until the answer, until the packages were there, and until all of their bytecode was. */
type Cost = {
  readonly seconds: number
  readonly installed: number
  readonly compiled: number
  readonly cpu: number
}
type Deployed = { readonly runtime: string; readonly environmentId: string }
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
  const { runtime } = await deploy(set, workflow, EMPTY)
  const python = pythons.get(runtime) ?? ''
  const costs: Record<(typeof CACHES)[number], Costs> = {
    cold: { ours: [], importing: [], compiled: [], plain: [] },
    warm: { ours: [], importing: [], compiled: [], plain: [] },
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const way of round % 2 === 0 ? WAYS : WAYS.toReversed()) {
      await forget(way)
      for (const cache of CACHES) {
        await removeEnvironment(workflow)
        await rm(join(folder, 'target'), { recursive: true, force: true })
        const isOurs = way === 'ours' || way === 'importing'
        const pid = isOurs ? (server.process.pid ?? 0) : null
        const cpu = cpuOf(pid)
        const [start, startedAt] = [performance.now(), Date.now()]
        const deployed = isOurs ? await deploy(set, workflow, way === 'ours' ? EMPTY : bodyOf(set)) : null
        if (deployed === null) await installPlainly(set, python, way === 'compiled')
        const seconds = (performance.now() - start) / 1000
        if (deployed !== null) await untilCompiled(deployed)
        const compiled = (performance.now() - start) / 1000
        const used = cpuOf(pid) - cpu
        const installed = deployed === null ? seconds : ((await builtAt(deployed)) - startedAt) / 1000
        costs[cache][way].push({ seconds, installed, compiled, cpu: used })
      }
    }
  }
  await removeEnvironment(workflow)
  return CACHES.map((cache) => rowOf(set, runtime, cache, costs[cache]))
}

function rowOf({ name }: PackageSet, runtime: string, cache: string, { ours, importing, compiled, plain }: Costs) {
  const typical = (list: readonly Cost[], key: keyof Cost) => round2(median(list.map((one) => one[key])))
  const ratio = (others: readonly Cost[], key: keyof Cost, mine = ours) =>
    round2(median(mine.map((one, index) => one[key] / (others[index]?.[key] ?? Number.NaN))))
  return {
    packages: `${name} (${runtime})`,
    cache,
    'uv, s': typical(plain, 'seconds'),
    'packages there, s': typical(ours, 'installed'),
    'there, × uv': ratio(plain, 'installed'),
    'deployed, s': typical(ours, 'seconds'),
    '× uv': ratio(plain, 'seconds'),
    'uv, compiled, s': typical(compiled, 'seconds'),
    'deployed, imported, s': typical(importing, 'seconds'),
    'imported, × uv, compiled': ratio(compiled, 'seconds', importing),
    'all bytecode, s': typical(ours, 'compiled'),
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
async function deploy(set: PackageSet, workflow: WorkflowBody, source: string): Promise<Deployed> {
  const body = { source: declare(set, source), upgrade_packages: true }
  const version = await must(server.api<Version>('POST', `/api/workflows/${workflow.id}/versions`, body), 201)
  if (version.environment?.status !== 'ready') throw new Error(`${set.name}: expected its packages to be ready`)
  return { runtime: version.runtime, environmentId: version.environment.id }
}

function bodyOf({ imports }: PackageSet): string {
  return imports.map((name) => `import ${name}\n`).join('') + EMPTY
}

async function untilCompiled({ environmentId }: Deployed): Promise<void> {
  const ready = join(server.dataDir, 'environments/ready')
  const name = (await readdir(ready)).find((one) => one.startsWith(environmentId)) ?? ''
  while ((await readFile(join(ready, name, 'environment.json'), 'utf8')).includes('"compiled":false'))
    await sleep(LOOK_MS)
}

/** When an environment was moved into its place. */
async function builtAt({ environmentId }: Deployed): Promise<number> {
  const environment = await must(server.api<{ built_at: string }>('GET', `/api/environments/${environmentId}`), 200)
  return Date.parse(environment.built_at)
}

async function removeEnvironment(workflow: WorkflowBody): Promise<void> {
  await must(server.api('POST', `/api/workflows/${workflow.id}/versions`, { source: EMPTY }), 201)
  const { data } = await must(server.api<{ data: { id: string; status: string }[] }>('GET', '/api/environments'), 200)
  for (const { id } of data.filter(({ status }) => status === 'ready'))
    while ((await server.api('DELETE', `/api/environments/${id}`)).status !== 204) await sleep(100)
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
    const answer = await fetch(workflow.hook_url, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    })
    found.set(name, await answer.text())
  }
  return found
}
