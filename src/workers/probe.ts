/** Decides at the start which walls stand, and tries them before any function runs behind them. */

import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { StartError } from '../errors.ts'
import type { PoolOptions } from './create-pool.ts'
import { isObject } from './frames.ts'
import { DEFAULT_RUNTIME, type Interpreter } from './interpreters.ts'
import { Launcher } from './launcher.ts'
import { LogCollector } from './log-collector.ts'
import type { SandboxState } from './pool.ts'
import { Sandbox } from './sandbox.ts'
import type { Worker } from './worker.ts'

export type Walls = { readonly sandbox: Sandbox; readonly state: SandboxState }
type Interpreters = ReadonlyMap<string, Interpreter>
type Trial = { readonly absent: string } | { readonly holes: readonly string[] }

const BWRAP_PATHS = ['/usr/bin/bwrap', '/usr/local/bin/bwrap', '/bin/bwrap']
const INSTALL = 'Install bubblewrap 0.12.0 or newer (Debian, Ubuntu: apt-get install bubblewrap)'
const TIMEOUT_MS = 20_000
const NO_EVENTS = { onIdle: () => {}, onExit: () => {} }
const FIXED_VERSION = [0, 12]
/** What these programs print means that the kernel or the machine refuses to build the walls at all. */
const REFUSED = /\b(bwrap|unshare|setpriv|mount):/
/** A machine that is short of something for a moment is no reason to run without walls. */
const PASSING = /temporarily unavailable|Cannot allocate memory|Too many|No space left/

/**
 * Builds the sandbox that `WORKFLOWS_SANDBOX` asks for. Throws a StartError when it was asked for and can't be had, and
 * always when it is there but something got through.
 */
export async function raiseWalls(options: PoolOptions, interpreters: Interpreters): Promise<Walls> {
  const { sandbox: mode, egress, runtimesDir } = options
  if (mode === 'none') return withoutWalls(options, 'WORKFLOWS_SANDBOX is none')
  const bwrap = BWRAP_PATHS.find((path) => existsSync(path)) ?? null
  const reason = whyNot(bwrap)
  if (bwrap === null || reason !== null) return giveUp(options, reason ?? '')
  const sandbox = new Sandbox({ bwrap, egress, runtimesDir })
  const trial = await tryWalls(sandbox, options, interpreters)
  if ('holes' in trial && trial.holes.length === 0) {
    return { sandbox, state: { tier: 'bwrap', notes: describeWalls(bwrap, options) } }
  }
  await sandbox.close()
  if ('absent' in trial) return giveUp(options, trial.absent)
  throw new StartError(
    `The sandbox is there but does not hold, so no function may run in it: ${trial.holes.join('; ')}. ` +
      'To run trusted code without walls all the same, set WORKFLOWS_SANDBOX=none',
  )
}

function whyNot(bwrap: string | null): string | null {
  if (process.platform !== 'linux') return `Sandboxes need Linux, and this is ${process.platform}`
  if (process.arch !== 'x64' && process.arch !== 'arm64') return `There is no system call filter for ${process.arch}`
  return bwrap === null ? `bubblewrap was not found. ${INSTALL}` : null
}

function giveUp(options: PoolOptions, reason: string): Walls {
  if (options.sandbox === 'auto') return withoutWalls(options, reason)
  throw new StartError(`WORKFLOWS_SANDBOX is bwrap, but the sandbox can't be had: ${reason}`)
}

function withoutWalls({ egress, runtimesDir, log }: PoolOptions, reason: string): Walls {
  const notes = [
    `WARNING: functions run WITHOUT A SANDBOX (${reason}). They can read and change whatever this server can: ` +
      'its database, its key, its network. Only run code that you trust.',
  ]
  log.warn({ tier: 'none' }, notes.join(' '))
  return { sandbox: new Sandbox({ bwrap: null, egress, runtimesDir }), state: { tier: 'none', notes } }
}

/** Runs `sandbox_probe.py` as a workflow, in a sandbox like every other. */
async function tryWalls(
  sandbox: Sandbox,
  { cacheDir, runtimesDir }: PoolOptions,
  interpreters: Interpreters,
): Promise<Trial> {
  const launcher = new Launcher({ sandbox, interpreters, cacheDir })
  const source = readFileSync(join(runtimesDir, 'sandbox_probe.py'), 'utf8')
  const host = createServer((socket) => socket.destroy())
  const ended: Promise<void>[] = []
  const events = { ...NO_EVENTS, onExit: () => leave.resolve() }
  const leave = Promise.withResolvers<void>()
  try {
    host.listen(0, '127.0.0.1')
    await once(host, 'listening')
    const { port } = host.address() as AddressInfo
    const prefix = interpreters.get(DEFAULT_RUNTIME)?.prefix ?? '/usr'
    const worker = await launcher.boot(DEFAULT_RUNTIME, 'bare', events, () => ended.push(leave.promise))
    const answer = await ask(worker, source, { port, folders: [prefix.split('/')[1]] })
    const isRoot = worker.ownerOutside === 0
    worker.kill('closed')
    return { holes: isRoot ? [...answer, 'identity: its user is root outside'] : answer }
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error)
    return REFUSED.test(words) && !PASSING.test(words)
      ? { absent: words }
      : { holes: [`its test did not run (${words})`] }
  } finally {
    host.close()
    await Promise.all(ended)
  }
}

async function ask(worker: Worker, source: string, facts: object): Promise<readonly string[]> {
  const collector = new LogCollector({ maxBytes: 64 * 1024 })
  const limits = { collector, timeoutMs: TIMEOUT_MS }
  const memory = 512 * 1024 * 1024
  const loaded = await worker.load({ kind: 'catch', source, reuse: false, in_child: true, memory }, limits)
  if (loaded.type !== 'loaded') return ['its test does not load']
  const body = Buffer.from(JSON.stringify(facts))
  const request = { method: 'POST', url: '/', query: '', headers: [['Content-Type', 'application/json']] }
  const header = { cpu_seconds: 60, workflow_id: 'probe', settings: 0, request }
  const { result } = await worker.run({ header, parts: [body] }, { ...limits, reuse: false, memoryBytes: memory })
  const answers: unknown =
    result === null || result.header.status !== 'succeeded' ? null : JSON.parse(result.payload.toString())
  if (!isObject(answers) || Object.keys(answers).length === 0) {
    return [
      `its test failed (${JSON.stringify(
        result?.header.message ??
          collector
            .close()
            .map(({ text }) => text)
            .join(' '),
      )})`,
    ]
  }
  return Object.entries(answers).flatMap(([wall, got]) => (got === null ? [] : [`${wall}: ${String(got)}`]))
}

function describeWalls(bwrap: string, { egress }: PoolOptions): readonly string[] {
  const notes = [
    'Every workflow runs in a sandbox of its own (bubblewrap), tested at this start: processes, files, network and system calls are walled off.',
  ]
  if (egress === null) notes.push('Functions have no network.')
  else if (egress.problem) notes.push(egress.problem)
  const version = execFileSync(bwrap, ['--version'], { encoding: 'utf8' }).match(/(\d+)\.(\d+)\.(\d+)/)
  const [major = 0, minor = 0] = (version ?? []).slice(1).map(Number)
  if (major === FIXED_VERSION[0] && minor < (FIXED_VERSION[1] ?? 0)) {
    notes.push(
      `This bubblewrap is ${version?.[0]}; 0.12.0 mended a way out of the sandbox's set-up (CVE-2026-87766). Update it when you can.`,
    )
  }
  return notes
}
