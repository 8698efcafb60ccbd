import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { reasonOf } from '../../../errors.ts'
import { guard } from '../../../guard.ts'
import type { NamedPipes } from '../process/pipes.ts'
import { findInside, killTree, listTree } from '../process/processes.ts'
import { readMessages } from '../process/read-lines.ts'
import { SandboxProcess } from '../process/sandbox-process.ts'
import { startProcess } from '../process/start-process.ts'

const guarded = guard('a zygote')

export type ZygoteCommand = {
  readonly file: string
  readonly args: readonly string[]
  readonly options: SpawnOptions & { readonly stdio: readonly (number | 'ignore')[] }
  readonly filter: Buffer
  /** With namespaces, the zygote is a grandchild of the command. */
  readonly hasNamespaces: boolean
}

export type NewSandbox = {
  readonly id: string
  readonly home: string
  readonly pipes: NamedPipes
  readonly egress: boolean
  readonly prepare: (pid: number) => Promise<void>
}

type Making = {
  inside: number | null
  isOpen: boolean
  readonly ready: PromiseWithResolvers<number>
  readonly exit: PromiseWithResolvers<string>
}

type Started = {
  readonly child: ChildProcess
  readonly control: Duplex
  readonly pid: number
  readonly hasNamespaces: boolean
  readonly errors: () => string
}

const CONTROL_FD = 3
const START_MS = 30_000
const LAST_WORDS_MS = 1000
const MAKE_MS = 30_000
const MAX_ERROR_LENGTH = 4096
/** The kernel kills a sandbox (1000), a zygote, then the server. */
const OOM_SCORE = 900
const GO = 'g'
const NOT_BUILT = 70

export class Zygote {
  asked = 0
  /** By `performance.now()`. */
  readonly startedAt = performance.now()
  usedAt = this.startedAt
  readonly ended: Promise<void>
  readonly pid: number
  readonly #child: ChildProcess
  readonly #hasNamespaces: boolean
  readonly #control: Duplex
  readonly #errors: () => string
  readonly #sandboxes = new Map<string, Making>()
  #isRetired = false
  #hasEnded = false

  constructor({ child, control, pid, errors, hasNamespaces }: Started) {
    this.#child = child
    this.#hasNamespaces = hasNamespaces
    this.#control = control
    this.#errors = errors
    this.pid = pid
    this.ended = exitOf(child).then((how) => {
      this.#hasEnded = true
      for (const sandbox of this.#sandboxes.values()) finish(sandbox, `with its zygote (${how})`)
      this.#sandboxes.clear()
    })
    endAfterSandboxes(pid)
  }

  get isAlive(): boolean {
    return !this.#hasEnded && !this.#isRetired
  }

  get size(): number {
    return this.#sandboxes.size
  }

  async make({ id, home, pipes, egress, prepare }: NewSandbox): Promise<SandboxProcess> {
    this.asked += 1
    this.usedAt = performance.now()
    const making: Making = {
      inside: null,
      isOpen: false,
      ready: Promise.withResolvers<number>(),
      exit: Promise.withResolvers<string>(),
    }
    this.#sandboxes.set(id, making)
    const late = setTimeout(() => {
      this.#isRetired = true
      making.ready.reject(new Error('the zygote made no sandbox in time'))
    }, MAKE_MS)
    try {
      if (this.#hasEnded) throw new Error('the zygote has ended')
      this.#tell({ new: id, pipes: pipes.names, egress, home })
      const inside = await making.ready.promise
      const pid = findInside(this.pid, inside)
      if (pid === null) throw new Error('the sandbox ended before it was ready')
      await prepare(pid)
      pipes.seal()
      pipes.pipes.jobs.write(GO)
      const kill = this.#hasNamespaces ? () => this.#tell({ kill: id }) : null
      return new SandboxProcess(id, { pid, exit: making.exit.promise, kill, parent: this.pid }, pipes.pipes)
    } catch (error) {
      pipes.abandon()
      this.#tell({ kill: id })
      const words = reasonOf(error)
      throw new Error(`${words} ${this.#errors()}`.trim())
    } finally {
      clearTimeout(late)
    }
  }

  retire(): void {
    this.#isRetired = true
    if (this.#sandboxes.size === 0) this.kill()
  }

  kill(): void {
    if (!this.#hasEnded) killCommand(this.#child, this.#hasNamespaces)
  }

  onMessage(message: Readonly<Record<string, unknown>>): void {
    const find = (key: string) => this.#sandboxes.get(String(message[key]))
    if ('made' in message) this.#advance(find('made'), { inside: Number(message.pid) })
    else if ('opened' in message) this.#advance(find('opened'), { isOpen: true })
    else if ('failed' in message) this.#end(String(message.failed), `could not be cloned: ${message.why}`)
    else if ('ended' in message)
      this.#end(String(message.ended), message.code === NOT_BUILT ? this.#errors() : describeEnd(message))
  }

  #advance(making: Making | undefined, step: Partial<Pick<Making, 'inside' | 'isOpen'>>): void {
    if (making === undefined) return
    Object.assign(making, step)
    if (making.inside !== null && making.isOpen) making.ready.resolve(making.inside)
  }

  #end(id: string, how: string): void {
    const making = this.#sandboxes.get(id)
    this.#sandboxes.delete(id)
    if (making !== undefined) finish(making, how)
    if (this.#isRetired && this.#sandboxes.size === 0) this.kill()
  }

  #tell(command: object): void {
    if (!this.#hasEnded) this.#control.write(`${JSON.stringify(command)}\n`)
  }
}

export async function startZygote({ file, args, options, filter, hasNamespaces }: ZygoteCommand): Promise<Zygote> {
  const stdio = ['ignore', 'ignore', 'pipe', 'pipe', ...options.stdio] as const
  const child = await startProcess(file, args, { ...options, stdio: [...stdio], detached: true })
  const control = child.stdio[CONTROL_FD] as Duplex
  let errors = ''
  child.stderr?.on(
    'data',
    guarded((chunk: Buffer) => {
      errors = (errors + chunk.toString('utf8')).slice(-MAX_ERROR_LENGTH)
    }),
  )
  const ready = Promise.withResolvers<void>()
  const late = setTimeout(() => ready.reject(new Error('it was not ready in time')), START_MS)
  void exitOf(child).then(async (how) => {
    // A child may keep open the pipe with the last output.
    await Promise.race([once(child, 'close').catch(() => {}), delay(LAST_WORDS_MS, undefined, { ref: false })])
    ready.reject(new Error(`it ended at its start (${how}) ${errors.trim()}`))
  })
  let zygote: Zygote | null = null
  readMessages(control, (message) => {
    if ('ready' in message) ready.resolve()
    else if ('unfit' in message) ready.reject(new Error(String(message.unfit)))
    else zygote?.onMessage(message)
  })
  control.write(`${JSON.stringify({ filter: filter.toString('base64') })}\n`)
  try {
    await ready.promise
    const pid = listTree(child.pid ?? 0)[hasNamespaces ? 2 : 0]
    if (pid === undefined) throw new Error('its process was not found')
    zygote = new Zygote({ child, control, pid, hasNamespaces, errors: () => errors.trim() })
    return zygote
  } catch (error) {
    if (child.exitCode === null && child.signalCode === null) killCommand(child, hasNamespaces)
    throw error
  } finally {
    clearTimeout(late)
  }
}

/** Without namespaces, the supervisors notice the zygote's end and kill their descendants. */
function killCommand(child: ChildProcess, hasNamespaces: boolean): void {
  if (!hasNamespaces) child.kill('SIGKILL')
  else if (child.pid !== undefined) killTree(child.pid, true)
}

function finish({ ready, exit }: Making, how: string): void {
  ready.promise.catch(() => {})
  ready.reject(new Error(`the sandbox ended before it was ready (${how})`))
  exit.resolve(how)
}

async function exitOf(child: ChildProcess): Promise<string> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return child.signalCode === null ? `exit code ${child.exitCode}` : `signal ${child.signalCode}`
}

function describeEnd({ signal, code }: Readonly<Record<string, unknown>>): string {
  const name = Object.entries(constants.signals).find(([, number]) => number === signal)?.[0]
  return name === undefined ? `exit code ${code}` : `signal ${name}`
}

function endAfterSandboxes(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, String(OOM_SCORE))
  } catch {
    // The process has ended.
  }
}
