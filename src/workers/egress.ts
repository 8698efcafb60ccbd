/** The way to the internet: one broker process (runtimes/egress/broker.py) makes the connections that sandboxes ask for. */

import type { ChildProcess } from 'node:child_process'
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EgressTarget } from '../config.ts'
import { startProcess } from './sandbox/start-process.ts'

export type Egress = {
  /**
   * A connection for one sandbox, to be inherited by its first process, which gives it to network.install(). The caller
   * destroys its own end after the start (never end(): that would shut down the sandbox's too). Null: no network.
   */
  connectWorker(): Promise<net.Socket | null>
  /** /etc/resolv.conf and /etc/hosts of a sandbox. */
  readonly resolvConf: string
  readonly hosts: string
  /** Null, or the sentence that says why functions have no network. */
  readonly problem: string | null
  /** Ends the connect() that a thread waits for, if it waits for one, so that it handles its signals. */
  interrupt(thread: number): void
  /** Called when the broker died: connects of sandboxes that were started before fail from then on. */
  onBroken(listener: () => void): void
  close(): Promise<void>
}

type Log = { info(message: string): void; warn(message: string): void }
type Options = {
  readonly allow: readonly EgressTarget[]
  readonly runtimesDir: string
  readonly log: Log
  /** The ids of the sandboxes; the broker must have the same to be let near them. */
  readonly uid?: number
  readonly gid?: number
  readonly python?: string
  /** Who answers questions for names; without any, the name servers of the host's /etc/resolv.conf. */
  readonly nameservers?: readonly EgressTarget[]
  /** Resolves the names of the allow-list; without it, as programs on the host do. */
  readonly resolve?: (name: string) => Promise<readonly string[]>
}
/** A name of the allow-list is resolved by us, with the host's own files too, and told to functions by the broker. */
type Resolved = { readonly name: string | null; readonly address: string; readonly port: number }
type Broker = { readonly process: ChildProcess; readonly path: string; readonly directory: string }

const NOBODY = 65534
const REFRESH_MS = 60_000
const START_MS = 20_000
const MAX_PAUSE_MS = 30_000
/** glibc asks over TCP then, and TCP is what the broker carries. */
const RESOLV_CONF = 'nameserver 127.0.0.53\noptions use-vc timeout:6 attempts:2\n'
const HOSTS = '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n'

/**
 * Starts the broker and keeps it running. Where the kernel or the host's Python cannot do it, functions have no network
 * at all, and `problem` says why: never an unguarded one instead.
 */
export async function createEgress(options: Options): Promise<Egress> {
  let targets = await resolveTargets(options)
  const keeper = keepBroker(options, () => targets)
  const refresh = setInterval(async () => {
    targets = await resolveTargets(options)
    const broker = await keeper.broker()
    if (broker !== null) sendTargets(broker, targets)
  }, REFRESH_MS).unref()
  await keeper.broker()

  return {
    connectWorker: async () => {
      const first = await keeper.broker()
      const socket = first === null ? null : await connect(first.path)
      if (first === null || socket !== null) return socket
      // It died a moment ago: its exit is seen by the next turn, and another one is then on its way.
      await sleep(50)
      const second = await keeper.broker()
      const again = second === null ? null : await connect(second.path)
      // A sandbox without a network, while there is one, would be kept and fail run after run.
      if (second !== null && again === null) throw new Error('the egress broker could not be reached')
      return again
    },
    interrupt: (thread) => {
      void keeper.broker().then((broker) => broker?.process.stdin?.write(`${JSON.stringify({ interrupt: thread })}\n`))
    },
    resolvConf: RESOLV_CONF,
    hosts: HOSTS,
    get problem() {
      return keeper.problem()
    },
    onBroken: (listener) => {
      keeper.broken.add(listener)
    },
    close: () => {
      clearInterval(refresh)
      return keeper.close()
    },
  }
}

/** One broker after the other; `broker()` waits while one is being started, and is null while none can be. */
function keepBroker(options: Options, targets: () => readonly Resolved[]) {
  const broken = new Set<() => void>()
  let closed = false
  let problem: string | null = null
  let current = begin()

  async function begin(): Promise<Broker | null> {
    try {
      const broker = await startBroker(options)
      problem = null
      sendTargets(broker, targets())
      broker.process.once('exit', () => void restart(broker))
      return broker
    } catch (error) {
      problem = `Functions have no network: ${error instanceof Error ? error.message : String(error)}`
      options.log.warn(problem)
      return null
    }
  }

  async function restart(dead: Broker): Promise<void> {
    if (closed) return
    options.log.warn('The egress broker ended and is started again; sandboxes that used it are replaced.')
    current = begin()
    for (const listener of broken) listener()
    await rm(dead.directory, { recursive: true, force: true })
    let pauseMs = 500
    while ((await current) === null) {
      await sleep(pauseMs, undefined, { ref: false })
      if (closed) return
      current = begin()
      pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)
    }
  }

  return {
    broken,
    broker: () => current,
    problem: () => problem,
    close: async () => {
      closed = true
      const broker = await current
      if (broker !== null) await stopBroker(broker)
    },
  }
}

function connect(path: string): Promise<net.Socket | null> {
  return new Promise((resolve) => {
    const socket = net.connect({ path })
    // A socket that flows reads as soon as it is connected, and would take the broker's answer from the sandbox.
    socket.pause()
    socket.once('connect', () => resolve(socket))
    socket.once('error', () => resolve(null))
  })
}

async function startBroker({ runtimesDir, log, uid, gid, python = 'python3', ...rest }: Options): Promise<Broker> {
  const directory = await mkdtemp(join(tmpdir(), 'workflows-egress-'))
  const path = join(directory, 'broker')
  const asRoot = process.getuid?.() === 0
  const ids = { uid: uid ?? (asRoot ? NOBODY : process.getuid?.()), gid: gid ?? (asRoot ? NOBODY : process.getgid?.()) }
  const nameservers = rest.nameservers?.map(({ host, port }) => [host, port])
  let child: ChildProcess | null = null
  try {
    child = await startProcess(
      python,
      [
        '-I',
        '-S',
        '-B',
        join(runtimesDir, 'egress', 'broker.py'),
        JSON.stringify({ socket: path, ...ids, nameservers }),
      ],
      // A group of its own: Ctrl-C in a terminal is for the server. It ends when its stdin does, even if we are killed.
      { detached: true, stdio: ['pipe', 'pipe', 'pipe'], cwd: '/', env: { PATH: '/usr/local/bin:/usr/bin:/bin' } },
    ).catch((error) => {
      throw new Error(`the egress broker cannot be started: ${error.message}. Install Python 3.`)
    })
    child.stdin?.on('error', () => {}) // its exit is noticed by itself
    await waitUntilReady(child, log)
    return { process: child, path, directory }
  } catch (error) {
    child?.kill('SIGKILL')
    await rm(directory, { recursive: true, force: true })
    throw error
  }
}

/** Resolves at the broker's first line when that says ready; the lines after it go to the log. */
function waitUntilReady(child: ChildProcess, log: Log): Promise<void> {
  return new Promise((resolve, reject) => {
    const slow = setTimeout(() => settle(`the egress broker was not ready in ${START_MS / 1000} s.`), START_MS)
    const settle = (problem: string | null): void => {
      clearTimeout(slow)
      if (problem === null) resolve()
      else reject(new Error(problem))
    }
    child.once('exit', (code, signal) => settle(`the egress broker ended at its start (${signal ?? code}).`))
    if (child.stdout === null || child.stderr === null) return settle('the egress broker has no output.')
    createInterface(child.stderr).on('line', (line) => log.warn(`egress broker: ${line}`))
    createInterface(child.stdout).on('line', (line) => {
      const message: unknown = JSON.parse(line)
      if (typeof message !== 'object' || message === null) return
      if ('ready' in message) settle(null)
      else if ('unsupported' in message) settle(`${message.unsupported}.`)
      else if ('refused' in message && 'port' in message) log.info(describeRefusal(message.refused, message.port))
      else if ('problem' in message) log.warn(`egress broker: ${message.problem}`)
    })
  })
}

function describeRefusal(address: unknown, port: unknown): string {
  return (
    `A function was refused a connection to ${address} port ${port}, which is private; ` +
    'WORKFLOWS_EGRESS_ALLOW is the list of exceptions. (Said once for each destination.)'
  )
}

async function stopBroker({ process: child, directory }: Broker): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit')
    child.stdin?.end()
    const slow = setTimeout(() => child.kill('SIGKILL'), 2000)
    await exited
    clearTimeout(slow)
  }
  await rm(directory, { recursive: true, force: true })
}

function sendTargets({ process: child }: Broker, targets: readonly Resolved[]): void {
  const allow = targets.map(({ name, address, port }) => [name, address, port])
  child.stdin?.write(`${JSON.stringify({ allow })}\n`)
}

/** The addresses of the allow-list; a name that does not resolve is left out until it does. */
async function resolveTargets({ allow, log, resolve = resolveOnHost }: Options): Promise<readonly Resolved[]> {
  const resolved = await Promise.all(
    allow.map(async ({ host, port }): Promise<Resolved[]> => {
      if (net.isIP(host) !== 0) return [{ name: null, address: host, port }]
      if (host === 'localhost') return ['127.0.0.1', '::1'].map((address) => ({ name: null, address, port }))
      try {
        const name = host.toLowerCase()
        return (await resolve(name)).map((address) => ({ name, address, port }))
      } catch {
        log.warn(`WORKFLOWS_EGRESS_ALLOW: ${host} does not resolve now; it is tried again every minute.`)
        return []
      }
    }),
  )
  return resolved.flat()
}

async function resolveOnHost(name: string): Promise<readonly string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address)
}
