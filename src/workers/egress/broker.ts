import type { ChildProcess } from 'node:child_process'
import { chmod, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { reasonOf } from '../../errors.ts'
import { guard } from '../../guard.ts'
import { makeTemporary } from '../sandbox/machine/folders.ts'
import type { SandboxUsers } from '../sandbox/machine/users.ts'
import { readLines, readMessages } from '../sandbox/process/read-lines.ts'
import { endInput, startProcess } from '../sandbox/process/start-process.ts'

const guarded = guard('the egress broker')

/** A process with a descriptor of `folder` can connect to its socket. */
export type Broker = {
  readonly process: ChildProcess
  readonly path: string
  readonly folder: string
  readonly directory: string
}

export type BrokerOptions = {
  readonly runtimesDir: string
  readonly log: { info(message: string): void; warn(message: string): void }
  /** The broker reads their processes' memory. */
  readonly users: SandboxUsers
  readonly python?: string
  readonly nameservers?: readonly { readonly host: string; readonly port: number }[]
}

export type BrokerEvents = {
  readonly firstCommands: () => readonly object[]
  readonly onMessage: (message: object) => void
}

const NAMESPACE_FD = 3
const START_MS = 20_000
const MAX_PAUSE_MS = 30_000

export function send({ process: child }: Broker, command: object): void {
  child.stdin?.write(`${JSON.stringify(command)}\n`)
}

/** `broker()` waits while a broker starts, and resolves with null while none can start. */
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
      problem = `Functions have no network: ${reasonOf(error)}`
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
  const directory = makeTemporary('egress-')
  const folder = join(directory, 'door')
  await mkdir(folder)
  // The folder's parent lets the server in alone.
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
      // Ctrl-C must reach only the server. The broker ends when its stdin closes.
      {
        detached: true,
        stdio: ['pipe', 'pipe', 'pipe', users.namespace ?? 'ignore'],
        cwd: '/',
        env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
      },
    ).catch((error) => {
      throw new Error(`the egress broker cannot be started: ${error.message}. Install Python 3.`)
    })
    child.stdin?.on('error', () => {})
    await waitUntilReady(child, log, onMessage)
    return { process: child, path, folder, directory }
  } catch (error) {
    child?.kill('SIGKILL')
    await rm(directory, { recursive: true, force: true })
    throw error
  }
}

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
  await endInput(child)
  await rm(directory, { recursive: true, force: true })
}
