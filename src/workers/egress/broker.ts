/** The process of the egress broker (runtimes/egress/broker.py): starts it, starts it again when it ends, and talks to it. */

import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { guard } from '../../guard.ts'
import { makeTemporary } from '../sandbox/folders.ts'
import { readLines, readMessages } from '../sandbox/read-lines.ts'
import { startProcess } from '../sandbox/start-process.ts'
import type { SandboxUsers } from '../sandbox/users.ts'

const guarded = guard('the egress broker')

/** `folder`: holds the socket `broker` alone, which every process that has a descriptor of the folder may connect. */
export type Broker = {
  readonly process: ChildProcess
  readonly path: string
  readonly folder: string
  readonly directory: string
}

export type BrokerOptions = {
  readonly runtimesDir: string
  readonly log: { info(message: string): void; warn(message: string): void }
  /** The users of sandboxes. The broker needs them, because it reads the memory of their processes. */
  readonly users: SandboxUsers
  readonly python?: string
  /** The name servers; by default those of the host's /etc/resolv.conf. */
  readonly nameservers?: readonly { readonly host: string; readonly port: number }[]
}

export type BrokerEvents = {
  /** Commands for a broker that has just started. */
  readonly firstCommands: () => readonly object[]
  /** A message of the broker that is not about the broker itself. */
  readonly onMessage: (message: object) => void
}

const NAMESPACE_FD = 3
const START_MS = 20_000
const MAX_PAUSE_MS = 30_000

export function send({ process: child }: Broker, command: object): void {
  child.stdin?.write(`${JSON.stringify(command)}\n`)
}

/** Runs one broker after the other. `broker()` waits while one starts, and resolves with null while none can start. */
export function superviseBroker(options: BrokerOptions, events: BrokerEvents) {
  const broken = new Set<() => void>()
  let closed = false
  let problem: string | null = null
  let current = begin()

  async function begin(): Promise<Broker | null> {
    try {
      const broker = await startBroker(options, events)
      problem = null
      for (const command of events.firstCommands()) send(broker, command)
      broker.process.once(
        'exit',
        guarded(() => restart(broker)),
      )
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

async function startBroker(options: BrokerOptions, { onMessage }: BrokerEvents): Promise<Broker> {
  const { runtimesDir, log, users, python = 'python3', ...rest } = options
  const directory = makeTemporary('workflows-egress-')
  const folder = join(directory, 'door')
  await mkdir(folder)
  // No other user gets there by path, because only the server may enter the folder above.
  await chmod(folder, 0o711)
  const path = join(folder, 'broker')
  const ids = { uid: users.shared ?? process.getuid?.(), gid: users.shared ?? process.getgid?.() }
  const namespace = users.namespace === null ? null : NAMESPACE_FD
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
        JSON.stringify({ socket: path, ...ids, namespace, nameservers }),
      ],
      // A process group of its own, so that Ctrl-C reaches only the server. The broker ends when its stdin does, even if we are killed.
      {
        detached: true,
        stdio: ['pipe', 'pipe', 'pipe', users.namespace ?? 'ignore'],
        cwd: '/',
        env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
      },
    ).catch((error) => {
      throw new Error(`the egress broker cannot be started: ${error.message}. Install Python 3.`)
    })
    child.stdin?.on('error', () => {}) // its exit event is handled
    await waitUntilReady(child, log, onMessage)
    return { process: child, path, folder, directory }
  } catch (error) {
    child?.kill('SIGKILL')
    await rm(directory, { recursive: true, force: true })
    throw error
  }
}

/** Resolves when the broker says that it is ready, and logs what it prints later. Rejects if it ends or needs too long. */
function waitUntilReady(
  child: ChildProcess,
  log: BrokerOptions['log'],
  onMessage: (message: object) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const slow = guarded.setTimeout(() => settle(`the egress broker was not ready in ${START_MS / 1000} s.`), START_MS)
    const settle = (problem: string | null): void => {
      clearTimeout(slow)
      if (problem === null) resolve()
      else reject(new Error(problem))
    }
    child.once(
      'exit',
      guarded((code, signal) => settle(`the egress broker ended at its start (${signal ?? code}).`)),
    )
    if (child.stdout === null || child.stderr === null) return settle('the egress broker has no output.')
    readLines(child.stderr, (line) => log.warn(`egress broker: ${line}`))
    readMessages(child.stdout, (message) => {
      if ('ready' in message) settle(null)
      else if ('unsupported' in message) settle(`${message.unsupported}.`)
      else if ('refused' in message) log.info(`A function was refused a connection. ${message.refused}. (Logged once.)`)
      else if ('problem' in message) log.warn(`egress broker: ${message.problem}`)
      else onMessage(message)
    })
  })
}

async function stopBroker({ process: child, directory }: Broker): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit')
    child.stdin?.end()
    const slow = guarded.setTimeout(() => child.kill('SIGKILL'), 2000)
    await exited
    clearTimeout(slow)
  }
  await rm(directory, { recursive: true, force: true })
}
