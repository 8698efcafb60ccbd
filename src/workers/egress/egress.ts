/** One broker process (runtimes/egress/broker.py) opens the connections of functions. */

import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { guard } from '../../guard.ts'
import { openSandboxUsers, type SandboxUsers } from '../sandbox/machine/users.ts'
import type { WorkerEgress } from '../sandbox/worker-egress.ts'
import { createAssignments } from './assignments.ts'
import { type BrokerOptions, send, superviseBroker } from './broker.ts'
import { type Internal, internalCommand, resolveTargets, type TargetOptions, targetsCommand } from './targets.ts'

const guarded = guard('the network of sandboxes')

export type Egress = WorkerEgress & {
  openInternal(internal: Internal): Promise<void>
  close(): Promise<void>
}

export type EgressOptions = Omit<BrokerOptions, 'users'> & TargetOptions & { readonly users?: SandboxUsers }

const REFRESH_MS = 60_000
/** Makes glibc use TCP. */
const RESOLV_CONF = 'nameserver 127.0.0.53\noptions use-vc timeout:6 attempts:2\n'
const HOSTS = '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n'

/** No network if the kernel or the host's Python does not support the broker. */
export async function createEgress(options: EgressOptions): Promise<Egress> {
  const { deny = [], resolve } = options
  let internal: object | null = null
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
    firstCommands: () => [targetsCommand(targets, deny), ...(internal === null ? [] : [internal])],
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
      // A dead broker's exit event arrives within the next turns and starts another one.
      await sleep(50)
      const second = await supervisor.broker()
      const again = second === null ? null : await connect(second.path, id)
      // A sandbox without a network would fail every run.
      if (second !== null && again === null) throw new Error('the egress broker could not be reached')
      return again
    },
    folder: async () => (await supervisor.broker())?.folder ?? null,
    assign: assignments.assign,
    takeBlocked: assignments.takeBlocked,
    takeRefused: assignments.takeRefused,
    release: assignments.release,
    async openInternal(wanted) {
      internal = await internalCommand(wanted, resolve)
      await sendCommand(internal)
    },
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

/** The first line is the sandbox's id. The sandbox starts later and cannot forge it. */
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
