import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { isObject } from '../../domain/json/is-object.ts'
import { ANYWHERE } from '../../domain/shared/egress.ts'
import { reasonOf, StartError } from '../../errors.ts'
import { guard } from '../../guard.ts'
import { findBwrap, findLandlock } from '../sandbox/machine/availability.ts'
import { DEFAULT_RUNTIME, type Interpreter } from '../sandbox/machine/interpreters.ts'
import { isRoot } from '../sandbox/machine/reach.ts'
import type { SandboxUsers } from '../sandbox/machine/users.ts'
import { type Isolation, Sandbox } from '../sandbox/sandbox.ts'
import type { WorkerEgress } from '../sandbox/worker-egress.ts'
import { ZYGOTE_LIMITS, type ZygoteLimits } from '../sandbox/zygotes/zygotes.ts'
import { Launcher, type Log } from '../worker/launcher.ts'
import type { Worker } from '../worker/worker.ts'
import type { PoolOptions } from './options.ts'
import type { SandboxState } from './pool.ts'
import { loadTest } from './test-program.ts'

const guarded = guard('the test of a sandbox')

export type CreatedSandbox = { readonly sandbox: Sandbox; readonly state: SandboxState }
/** `abi` is 0 in the tier `bwrap`. */
type Kind = { readonly tier: 'bwrap' | 'landlock'; readonly abi: number }
type Options = PoolOptions & { readonly egress: WorkerEgress | null; readonly users: SandboxUsers }
type Interpreters = ReadonlyMap<string, Interpreter>

const MAX_PROBLEMS = 100
const NO_EVENTS = { onIdle: () => {}, onExit: () => {} }
const FIXED_VERSION = [0, 12]
const SIGNAL_SCOPE_ABI = 6
const TRUNCATE_ABI = 3
const run = promisify(execFile)

/** Throws a StartError without a supported sandbox, or if the probe breaks out. */
export async function createSandbox(options: Options, interpreters: Interpreters): Promise<CreatedSandbox> {
  const { sandbox: mode } = options
  if (mode === 'none') return createWithoutSandbox(options, 'WORKFLOWS_SANDBOX is none')
  const reasons: string[] = []
  if (mode !== 'landlock') {
    const bwrap = await findBwrap(options.programFolders, options.users.shared)
    if ('found' in bwrap) return createWithBwrap(bwrap.found, options, interpreters)
    if (mode === 'bwrap')
      throw new StartError(`WORKFLOWS_SANDBOX is bwrap, but this machine does not support it: ${bwrap.absent}`)
    reasons.push(bwrap.absent)
  }
  const python = interpreters.get(DEFAULT_RUNTIME)?.executable ?? 'python3'
  const landlock = await findLandlock(python, options.runtimesDir)
  if ('found' in landlock) return createWithLandlock(Number(landlock.found), reasons[0], options, interpreters)
  if (mode === 'landlock')
    throw new StartError(`WORKFLOWS_SANDBOX is landlock, but this machine does not support it: ${landlock.absent}`)
  return createWithoutSandbox(options, [...reasons, landlock.absent].join('; '))
}

async function createWithBwrap(bwrap: string, options: Options, interpreters: Interpreters): Promise<CreatedSandbox> {
  const kind = { tier: 'bwrap', abi: 0 } as const
  const notes = await describeBwrap(bwrap, options)
  const { sandbox, note } = await openTested({ tier: 'bwrap', bwrap }, kind, options, interpreters)
  return { sandbox, state: { tier: 'bwrap', notes: [...notes, ...note] } }
}

async function openTested(
  isolation: Isolation,
  kind: Kind,
  options: Options,
  interpreters: Interpreters,
): Promise<{ sandbox: Sandbox; note: readonly string[] }> {
  const { egress, users, runtimesDir, cacheDir, log } = options
  const zygotes = limitsOfZygotes(options)
  const sandbox = new Sandbox({
    ...{ isolation, egress, users, runtimesDir, cacheDir, zygotes },
    onZygoteProblem: logOnce(log),
  })
  // Sequential probes took 0.2 s longer.
  const [reason, holes] = await Promise.all([
    zygotes === null ? null : findZygoteProblem(sandbox, kind, options, interpreters),
    findHoles(zygotes === null ? sandbox : sandbox.withoutZygotes(), kind, options, interpreters),
  ])
  await assertSandboxHolds(sandbox, holes, kind)
  if (reason === null) return { sandbox, note: [] }
  await sandbox.endZygotes()
  const note = `Each sandbox is started anew, which takes longer than a copy of a running one, because ${reason}.`
  return { sandbox, note: [note] }
}

function logOnce(log: Log): (problem: string) => void {
  const told = new Set<string>()
  return (problem) => {
    if (told.has(problem) || told.size >= MAX_PROBLEMS) return
    told.add(problem)
    log.warn({ problem }, 'A sandbox could not be had from a zygote and was started anew. (Logged once.)')
  }
}

function limitsOfZygotes({ zygotes = false }: Options): ZygoteLimits | null {
  if (zygotes === false) return null
  return zygotes === true ? ZYGOTE_LIMITS : { ...ZYGOTE_LIMITS, ...zygotes }
}

async function findZygoteProblem(
  sandbox: Sandbox,
  kind: Kind,
  options: Options,
  interpreters: Interpreters,
): Promise<string | null> {
  if (kind.tier === 'landlock' && options.users.namespace !== null)
    return 'each has a user of its own, which a copy without namespaces can take only with a capability'
  const holes = await findHoles(sandbox, kind, options, interpreters)
  if (sandbox.zygoteProblem !== null) return `none could be made from a zygote (${sandbox.zygoteProblem})`
  if (holes.length === 0) return null
  const reason = `one that a zygote made did not pass its test (${holes.join('; ')})`
  options.log.warn({ holes }, reason)
  return reason
}

async function createWithLandlock(
  abi: number,
  reason: string | undefined,
  options: Options,
  interpreters: Interpreters,
): Promise<CreatedSandbox> {
  const kind = { tier: 'landlock', abi } as const
  const { sandbox, note } = await openTested({ tier: 'landlock' }, kind, options, interpreters)
  const notes = [...describeLandlock(abi, reason, options), ...note]
  options.log.warn({ tier: 'landlock', abi }, notes.join(' '))
  return { sandbox, state: { tier: 'landlock', notes } }
}

function createWithoutSandbox({ egress, users, runtimesDir, cacheDir, log }: Options, reason: string): CreatedSandbox {
  const notes = [
    `WARNING: functions run WITHOUT A SANDBOX (${reason}). They can read and change whatever ` +
      `${isRoot() ? 'an ordinary user can' : 'this server can: its database, its key, its network'}. ` +
      'Only run code that you trust.',
  ]
  log.warn({ tier: 'none' }, notes.join(' '))
  return {
    sandbox: new Sandbox({ isolation: { tier: 'none' }, egress, users, runtimesDir, cacheDir, zygotes: null }),
    state: { tier: 'none', notes },
  }
}

async function assertSandboxHolds(sandbox: Sandbox, holes: readonly string[], kind: Kind): Promise<void> {
  if (holes.length === 0) return
  await sandbox.close()
  throw new StartError(
    `The sandbox (${kind.tier}) was created but did not pass its test, so no function may run in it: ${holes.join('; ')}. ` +
      'If the machine lacks memory or processes, start again. To run trusted code without a sandbox, set WORKFLOWS_SANDBOX=none',
  )
}

async function findHoles(
  sandbox: Sandbox,
  { tier, abi }: Kind,
  { cacheDir, runtimesDir }: Options,
  interpreters: Interpreters,
): Promise<readonly string[]> {
  const without = { forks: { passed: async () => false }, cgroups: null, ownUsers: null, expectsSdk: false }
  const launcher = new Launcher({ ...without, sandbox, interpreters, cacheDir, hasMachineEnded: () => false })
  const source = readFileSync(join(runtimesDir, 'sandbox_probe.py'), 'utf8')
  const host = await probeListeners()
  const ended: Promise<void>[] = []
  const events = { ...NO_EVENTS, onExit: () => leave.resolve() }
  const leave = Promise.withResolvers<void>()
  try {
    const prefix = interpreters.get(DEFAULT_RUNTIME)?.prefix ?? '/usr'
    const worker = await launcher.boot({ runtime: DEFAULT_RUNTIME, preload: [], environment: null }, events, () =>
      ended.push(leave.promise),
    )
    // Only the broker's built-in rules protect the probe's targets.
    await sandbox.assign(worker, 'probe', ANYWHERE)
    const { port, abstract } = host
    const group0 = process.getuid?.() !== 0 && process.getgid?.() === 0
    const facts = { tier, port, abstract, server: process.pid, scoped: abi >= SIGNAL_SCOPE_ABI, group0 }
    const answer = await ask(worker, source, { ...facts, folders: [prefix.split('/')[1]] })
    const asRoot = worker.processes.owners.includes(0)
    worker.kill('closed')
    return asRoot ? [...answer, 'identity: its user is root outside'] : answer
  } catch (error) {
    return [`its test did not run (${reasonOf(error)})`]
  } finally {
    host.close()
    await Promise.all(ended)
  }
}

async function probeListeners(): Promise<{ port: number; abstract: string; close(): void }> {
  const abstract = `workflows-probe-${process.pid}-${randomBytes(8).toString('hex')}`
  const servers = [createServer(), createServer()]
  const [tcp, unix] = servers
  for (const server of servers)
    server.on(
      'connection',
      guarded((socket) => socket.destroy()),
    )
  tcp?.listen(0, '127.0.0.1')
  unix?.listen(`\0${abstract}`)
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const address = tcp?.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { port, abstract, close: () => servers.forEach((server) => void server.close()) }
}

async function ask(worker: Worker, source: string, facts: object): Promise<readonly string[]> {
  const program = await loadTest(worker, source, true)
  if (program.loaded.type !== 'loaded') return ['its test does not load']
  const { answer, problem } = await program.ask(facts)
  if (!isObject(answer) || Object.keys(answer).length === 0) return [`its test failed (${JSON.stringify(problem)})`]
  return Object.entries(answer).flatMap(([attack, got]) => (got === null ? [] : [`${attack}: ${String(got)}`]))
}

async function describeBwrap(bwrap: string, { egress }: Options): Promise<string[]> {
  const notes = [
    'Every workflow runs in its own sandbox (bubblewrap), which was tested at this start: processes, files, network and system calls are isolated.',
  ]
  if (egress === null) notes.push('Functions have no network.')
  else if (egress.problem) notes.push(egress.problem)
  const version = (await run(bwrap, ['--version'])).stdout.match(/(\d+)\.(\d+)\.(\d+)/)
  const [major = 0, minor = 0] = (version ?? []).slice(1).map(Number)
  if (major === FIXED_VERSION[0] && minor < (FIXED_VERSION[1] ?? 0)) {
    notes.push(
      `This bubblewrap is ${version?.[0]}; 0.12.0 fixed an escape during the set-up of a sandbox (CVE-2026-87766). Update it when you can.`,
    )
  }
  return notes
}

function describeLandlock(abi: number, reason: string | undefined, { egress, users }: Options): readonly string[] {
  const shared = isRoot() ? `the user of all functions (uid ${users.shared})` : "this server's own user"
  const user = users.namespace === null ? `they run as ${shared} and can change the mode and times of its files, ` : ''
  const notes = [
    `WARNING: functions run without a sandbox of namespaces (${reason ?? 'WORKFLOWS_SANDBOX is landlock'}). Landlock and a system ` +
      'call filter isolate them, tested at this start: they cannot reach files other than their own and the system programs, ' +
      'private addresses, or the memory of other processes.',
    `What is not isolated: they see which processes this machine runs and with what arguments, ${user}the number of processes is ` +
      'bounded for all of them together, and what they write to their folder is bounded only by file (1 GiB). They have no shared ' +
      'memory, no datagrams and no servers.',
  ]
  if (abi < SIGNAL_SCOPE_ABI && users.namespace === null)
    notes.push(`This kernel (Landlock ${abi}) lets them signal other processes of ${shared}.`)
  if (abi < TRUNCATE_ABI && users.namespace === null)
    notes.push(`This kernel (Landlock ${abi}) lets them empty files of ${shared}.`)
  if (egress === null) notes.push('Functions have no network.')
  else if (egress.problem) notes.push(egress.problem)
  return notes
}
