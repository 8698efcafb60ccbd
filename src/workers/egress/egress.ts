/** Network access of functions. One broker process (runtimes/egress/broker.py) opens the connections that sandboxes request. */

import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { OutboundMode, OutgoingCall } from '../../domain/trials/outgoing.ts'
import type { EgressRule } from '../../domain/workflows/egress.ts'
import { guard } from '../../guard.ts'
import { openSandboxUsers, type SandboxUsers } from '../sandbox/users.ts'
import { createAssignments } from './assignments.ts'
import { type BrokerOptions, send, superviseBroker } from './broker.ts'
import { resolveTargets, type TargetOptions, targetsCommand } from './targets.ts'

const guarded = guard('the network of sandboxes')

export type Egress = {
  /**
   * Returns a connection for one sandbox; null if there is no network. The first process of the sandbox inherits it and passes
   * it to network.install(). After the start the caller destroys its own end. end() would shut down the sandbox's end too.
   * A sandbox with an id reaches nothing outside of it before `assign`. One without an id belongs to no workflow.
   */
  connectWorker(id?: string): Promise<net.Socket | null>
  /**
   * Returns the folder of the broker's socket, through a descriptor of which a zygote connects each of its sandboxes; null if
   * there is no network.
   */
  folder(): Promise<string | null>
  /** Assigns a sandbox to a workflow, with its rule. Resolves when the rule holds. */
  assign(id: string, workflowId: string, rule: EgressRule, outbound?: OutboundMode): Promise<void>
  /** The connections that a trial refused to a sandbox since the last call, at most 20. */
  takeRefused(id: string): readonly OutgoingCall[]
  /** Returns a sentence for each destination that a sandbox was refused since the last call, in order, at most 20. */
  takeBlocked(id: string): readonly string[]
  /** Forgets a sandbox that has ended. */
  release(id: string): void
  readonly users: SandboxUsers
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

/** `users`: those of sandboxes; by default the broker's own, which the pool takes from here. */
export type EgressOptions = Omit<BrokerOptions, 'users'> & TargetOptions & { readonly users?: SandboxUsers }

const REFRESH_MS = 60_000
/** Makes glibc use TCP, which the broker supports. */
const RESOLV_CONF = 'nameserver 127.0.0.53\noptions use-vc timeout:6 attempts:2\n'
const HOSTS = '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n'

/**
 * Starts the broker and restarts it when it ends. If the kernel or the host's Python does not support it, functions have no
 * network at all, and `problem` says why. They never have a network without the broker.
 */
export async function createEgress(options: EgressOptions): Promise<Egress> {
  const { deny = [] } = options
  const users = options.users ?? (await openSandboxUsers())
  let targets = await resolveTargets(options)
  const sendCommand = async (command: object) => {
    const broker = await supervisor.broker()
    if (broker !== null) send(broker, command)
    return broker !== null
  }
  const assignments = createAssignments(sendCommand)
  const brokerOptions = { ...options, users }
  const supervisor = superviseBroker(brokerOptions, {
    firstCommands: () => [targetsCommand(targets, deny)],
    onMessage: assignments.onMessage,
  })
  supervisor.broken.add(assignments.onBroken)
  const refresh = guarded
    .setInterval(async () => {
      targets = await resolveTargets(options)
      await sendCommand(targetsCommand(targets, deny))
    }, REFRESH_MS)
    .unref()
  await supervisor.broker()

  return {
    users,
    connectWorker: async (id) => {
      const first = await supervisor.broker()
      const socket = first === null ? null : await connect(first.path, id)
      if (first === null || socket !== null) return socket
      // The broker has just died. Its exit event comes in the next turns and starts another broker.
      await sleep(50)
      const second = await supervisor.broker()
      const again = second === null ? null : await connect(second.path, id)
      // A sandbox started without a network would fail every run, although the network works.
      if (second !== null && again === null) throw new Error('the egress broker could not be reached')
      return again
    },
    folder: async () => (await supervisor.broker())?.folder ?? null,
    assign: assignments.assign,
    takeBlocked: assignments.takeBlocked,
    takeRefused: assignments.takeRefused,
    release: assignments.release,
    interrupt: (thread) => guarded.start(() => sendCommand({ interrupt: thread })),
    resolvConf: RESOLV_CONF,
    hosts: HOSTS,
    get problem() {
      return supervisor.problem()
    },
    onBroken: (listener) => {
      supervisor.broken.add(listener)
    },
    close: async () => {
      clearInterval(refresh)
      await supervisor.close()
      if (options.users === undefined) users.close()
    },
  }
}

/** The broker takes the line before the sandbox's message as the id of the sandbox, which can't send before it has started. */
function connect(path: string, id: string | undefined): Promise<net.Socket | null> {
  return new Promise((resolve) => {
    const socket = net.connect({ path })
    // A flowing socket would read the broker's answer, which is for the sandbox.
    socket.pause()
    const guarded = guard('a socket of the egress broker', () => resolve(null))
    const onConnect = guarded(() =>
      id === undefined ? resolve(socket) : socket.write(`${id}\n`, () => resolve(socket)),
    )
    socket.once('connect', onConnect)
    socket.once('error', () => resolve(null))
  })
}
