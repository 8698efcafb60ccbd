/**
 * Functions in JavaScript beside n8n's Code node, Google's functions-framework for Node and a bare `node` for each call, in one run;
 * the wait for a `fresh` run while a process is ahead; the memory of an idle version; and first calls with five packages of npm
 * (needs a package index). Prints a table and renews docs/evidence/performance.md. `-- --quick` leaves n8n out where it is not installed, and changes no file.
 */

import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { startCluster } from '../test/helpers/cluster.ts'
import { listWorkerProcesses } from '../test/helpers/pool.ts'
import { startServer, type TestServer } from '../test/helpers/server.ts'
import { callHook, createCatch, must } from '../test/helpers/workflows.ts'
import { median, round, timed, timedCall } from './figures.ts'
import { createTarget, measureAll, postJson, type Target } from './measure-hooks.ts'
import { pss } from './packages/processes.ts'
import { startFunctionsFrameworks } from './peers/functions-framework.ts'
import { startN8n } from './peers/n8n.ts'
import { tryPeer } from './peers/processes.ts'
import { report } from './report.ts'

const PAUSE_MS = 300
const PACED_CALLS = 60
const FIRST_CALLS = 7
const IDLE_VERSIONS = 4
const PACKAGES = ['zod@4', 'dayjs@1', 'nanoid@5', 'p-limit@6', 'yaml@2']
const isQuick = process.argv.includes('--quick')
const rows: Record<string, string | number>[] = []
const endings: (() => Promise<void>)[] = []

try {
  const server = await startServer()
  endings.push(server.close)
  const reuse = await createTarget(server, 'workflows reuse, JavaScript', { isolation: 'reuse', runtime: 'node24' })
  const fresh = await createTarget(server, 'workflows fresh, JavaScript', { isolation: 'fresh', runtime: 'node24' })
  const peers = [await startBareNode(), ...(await startFunctionsFrameworks()), ...(await startPeer())]
  const targets = [...peers.filter(({ name }) => !name.includes('Python')), reuse, fresh]
  endings.push(...peers.map(({ close }) => close))
  for (const callers of [1, 32]) await addHooks(targets, callers)
  for (const target of [reuse, fresh])
    rows.push(rowOf(`${target.name}: a call each ${PAUSE_MS} ms, p50`, await paced(target), 'ms'))
  for (const isolation of ['fresh', 'reuse'])
    rows.push(rowOf(`idle version, ${isolation}, PSS`, await idleMemory(isolation), 'MiB'))
  await addFirstCalls(server)
} finally {
  for (const end of endings.reverse()) await end()
}
console.table(rows)
if (!isQuick) await report('javascript', rows)
// A peer may have left something that would keep this process.
process.exit(0)

async function startPeer(): Promise<Target[]> {
  const cluster = await startCluster(0)
  endings.push(cluster.close)
  const options = { createDatabase: () => cluster.postgres.createDatabase(), mayInstall: !isQuick }
  return await tryPeer('n8n', startN8n, options)
}

/** Starts Node for each call, without walls, store and logs. */
async function startBareNode(): Promise<Target> {
  const code =
    'let t = ""; process.stdin.on("data", (d) => (t += d)).on("end", () => console.log(JSON.stringify({ id: JSON.parse(t).id })))'
  const server = createServer(async (request, response) => {
    const body = await text(request)
    const child = execFile(process.execPath, ['-e', code], (_error, stdout) => response.end(stdout))
    child.stdin?.end(body)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { name: 'a bare node for each call', url: `http://127.0.0.1:${port}/`, close: async () => void server.close() }
}

async function addHooks(targets: readonly Target[], callers: number): Promise<void> {
  const found = await measureAll(targets, callers, isQuick ? { seconds: 1, rounds: 2 } : {})
  for (const { name, p50, perSecond } of found) {
    rows.push(rowOf(`${name}, ${callers} at once`, Math.round(perSecond), 'runs/s'))
    rows.push(rowOf(`${name}, ${callers} at once, p50`, p50, 'ms'))
  }
}

/** One caller, slow enough for the next process to be ready. */
async function paced({ url }: Target): Promise<number> {
  const times: number[] = []
  for (let call = 0; call < PACED_CALLS; call += 1) {
    await sleep(PAUSE_MS)
    times.push(await timed(() => postJson(url, '{"id":7}')))
  }
  return median(times)
}

/** What each version holds that was called once: a template of Python, and a process of Node that waits. */
async function idleMemory(isolation: string): Promise<number> {
  const server = await startServer()
  const call = async (name: number) => {
    const source = `export default () => ({ status_code: 200, body: "ok" }) // ${name}`
    await callHook(await createCatch(server, { source, runtime: 'node24', isolation }), {})
  }
  const total = async () => {
    await sleep(3000)
    return listWorkerProcesses(server.process.pid).reduce((sum, pid) => sum + pss(pid), 0)
  }
  try {
    // What is kept ready for the next version is there after the first.
    await call(0)
    const one = await total()
    for (let name = 1; name <= IDLE_VERSIONS; name += 1) await call(name)
    return ((await total()) - one) / IDLE_VERSIONS
  } finally {
    await server.close()
  }
}

async function addFirstCalls(server: TestServer): Promise<void> {
  const names = PACKAGES.map((name) => name.split('@')[0] ?? '')
  const imports = PACKAGES.map((specifier, at) => `import * as p${at} from 'npm:${specifier}'`).join('\n')
  const source = `${imports}\nexport default () => ({ status_code: 200, body: String(Object.keys(p0).length) })\n`
  const workflow = await createCatch(server, { source, runtime: 'node24' })
  const deployed: number[] = []
  const anew: number[] = []
  for (let at = 1; at <= FIRST_CALLS; at += 1) {
    await must(server.api('POST', `/api/workflows/${workflow.id}/versions`, { source: `${source}// ${at}\n` }), 201)
    await sleep(1500)
    deployed.push(await timedCall(workflow))
    // Another rule for the network is another worker, which the call itself makes and loads.
    const egress = { mode: 'list', hosts: [`host-${at}.example.com:443`] }
    await must(server.api('PATCH', `/api/workflows/${workflow.id}`, { egress }), 200)
    await sleep(1500)
    anew.push(await timedCall(workflow))
  }
  rows.push(rowOf(`first call with ${names.join(', ')}: just deployed, p50`, median(deployed), 'ms'))
  rows.push(rowOf(`first call with ${names.join(', ')}: workers gone, p50`, median(anew), 'ms'))
}

function rowOf(figure: string, value: number, unit: string) {
  return { figure, value: round(value), unit }
}
