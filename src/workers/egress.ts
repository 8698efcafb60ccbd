/** Network access of functions. One broker process (runtimes/egress/broker.py) opens the connections that sandboxes request. */

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
   * Returns a connection for one sandbox; null if there is no network. The first process of the sandbox inherits it and passes
   * it to network.install(). After the start the caller destroys its own end. end() would shut down the sandbox's end too.
   */
  connectWorker(): Promise<net.Socket | null>
  /** The text of /etc/resolv.conf and of /etc/hosts in a sandbox. */
  readonly resolvConf: string
  readonly hosts: string
  /** Why functions have no network; null if they have. */
  readonly problem: string | null
  /** Interrupts the connect() of a thread, if there is one, so that the thread handles its signals. */
  interrupt(thread: number): void
  /** Registers a listener for the death of the broker. From then on, connects of the existing sandboxes fail. */
  onBroken(listener: () => void): void
  close(): Promise<void>
}

type Log = { info(message: string): void; warn(message: string): void }
type Options = {
  readonly allow: readonly EgressTarget[]
  readonly runtimesDir: string
  readonly log: Log
  /** The ids of the sandboxes. The broker needs the same ids, because it reads the memory of their processes. */
  readonly uid?: number
  readonly gid?: number
  readonly python?: string
  /** The name servers; by default those of the host's /etc/resolv.conf. */
  readonly nameservers?: readonly EgressTarget[]
  /** Resolves the names of the allow-list; by default as programs on the host do. */
  readonly resolve?: (name: string) => Promise<readonly string[]>
}
/** The server resolves the names of the allow-list, also by the host's files, and the broker answers functions with the result. */
type Resolved = { readonly name: string | null; readonly address: string; readonly port: number }
type Broker = { readonly process: ChildProcess; readonly path: string; readonly directory: string }

const NOBODY = 65534
const REFRESH_MS = 60_000
const START_MS = 20_000
const MAX_PAUSE_MS = 30_000
/** Makes glibc use TCP, which the broker supports. */
const RESOLV_CONF = 'nameserver 127.0.0.53\noptions use-vc timeout:6 attempts:2\n'
const HOSTS = '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n'

/**
 * Starts the broker and restarts it when it ends. If the kernel or the host's Python does not support it, functions have no
 * network at all, and `problem` says why. They never have a network without the broker.
 */
export async function createEgress(options: Options): Promise<Egress> {
  let targets = await resolveTargets(options)
  const supervisor = superviseBroker(options, () => targets)
  const refresh = setInterval(async () => {
    targets = await resolveTargets(options)
    const broker = await supervisor.broker()
    if (broker !== null) sendTargets(broker, targets)
  }, REFRESH_MS).unref()
  await supervisor.broker()

  return {
    connectWorker: async () => {
      const first = await supervisor.broker()
      const socket = first === null ? null : await connect(first.path)
      if (first === null || socket !== null) return socket
      // The broker has just died. Its exit event comes in the next turns and starts another broker.
      await sleep(50)
      const second = await supervisor.broker()
      const again = second === null ? null : await connect(second.path)
      // A sandbox started without a network would fail every run, although the network works.
      if (second !== null && again === null) throw new Error('the egress broker could not be reached')
      return again
    },
    interrupt: (thread) => {
      void supervisor
        .broker()
        .then((broker) => broker?.process.stdin?.write(`${JSON.stringify({ interrupt: thread })}\n`))
    },
    resolvConf: RESOLV_CONF,
    hosts: HOSTS,
    get problem() {
      return supervisor.problem()
    },
    onBroken: (listener) => {
      supervisor.broken.add(listener)
    },
    close: () => {
      clearInterval(refresh)
      return supervisor.close()
    },
  }
}

/** Runs one broker after the other. `broker()` waits while one starts, and resolves with null while none can start. */
function superviseBroker(options: Options, targets: () => readonly Resolved[]) {
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
    options.log.warn('The egress broker ended and is restarted. The sandboxes that used it are replaced.')
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
    // A flowing socket would read the broker's answer, which is for the sandbox.
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
      // A process group of its own, so that Ctrl-C reaches only the server. The broker ends when its stdin does, even if we are killed.
      { detached: true, stdio: ['pipe', 'pipe', 'pipe'], cwd: '/', env: { PATH: '/usr/local/bin:/usr/bin:/bin' } },
    ).catch((error) => {
      throw new Error(`the egress broker cannot be started: ${error.message}. Install Python 3.`)
    })
    child.stdin?.on('error', () => {}) // its exit event is handled
    await waitUntilReady(child, log)
    return { process: child, path, directory }
  } catch (error) {
    child?.kill('SIGKILL')
    await rm(directory, { recursive: true, force: true })
    throw error
  }
}

/** Resolves when the broker says that it is ready, and logs what it prints later. Rejects if it ends or needs too long. */
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
    `A function was refused a connection to ${address} port ${port}, which is private. ` +
    'WORKFLOWS_EGRESS_ALLOW can allow it. (Logged once per destination.)'
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

/** Resolves the allow-list. A name that does not resolve is left out until it does. */
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
