/** The first process of a sandbox, with the server's ends of its pipes. */

import type { SpawnOptions } from 'node:child_process'
import { closeSync } from 'node:fs'
import type { Socket } from 'node:net'
import { guard } from '../../guard.ts'
import type { PipeMaker, Pipes } from './pipes.ts'
import { startProcess } from './start-process.ts'

const guarded = guard('a sandbox')

/** How long another process may hold the pipes open after this one has ended. */
const CLOSE_PATIENCE_MS = 5_000

/** `id`: the egress broker's name for the sandbox. `stdio`: the descriptors from 5 on. */
type Options = SpawnOptions & { readonly id: string; readonly stdio: readonly (Socket | number | 'ignore')[] }

/** Starts a program whose descriptors 0 to 4 are pipes to the server. Rejects if it cannot be started. */
export async function startWithPipes(
  maker: PipeMaker,
  file: string,
  args: readonly string[],
  { id, ...options }: Options,
): Promise<SandboxProcess> {
  const { pipes, descriptors } = await maker.open()
  try {
    const stdio = [...descriptors, ...options.stdio]
    const child = await startProcess(file, args, { ...options, stdio, detached: true })
    const exit = new Promise<string>((resolve) => {
      child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`))
    })
    return new SandboxProcess(id, { pid: child.pid, exit, kill: null, parent: process.pid }, pipes)
  } catch (error) {
    for (const pipe of Object.values(pipes)) pipe.destroy()
    throw error
  } finally {
    for (const fd of descriptors) closeSync(fd)
  }
}

/**
 * The root of the processes of a sandbox. `exit`: says how it ended. `kill`: null where the root is above the template; else it is
 * the template, which its zygote kills, since the server can't know whether the zygote has waited for it.
 */
export type SandboxRoot = {
  readonly pid: number | undefined
  readonly exit: Promise<string>
  readonly kill: (() => void) | null
  /** The process that started it: the server or a zygote. Once that has waited for it, its id may be another process's. */
  readonly parent: number
}

export class SandboxProcess {
  /** The egress broker's name for the sandbox. */
  readonly id: string
  readonly root: SandboxRoot
  readonly pipes: Pipes
  readonly #closed: Promise<void>

  constructor(id: string, root: SandboxRoot, pipes: Pipes) {
    this.id = id
    this.root = root
    this.pipes = pipes
    const { jobs, ...readable } = pipes
    const streams = Object.values(readable)
    const drained = streams.map((stream) => new Promise<void>((resolve) => void stream.once('close', () => resolve())))
    this.#closed = root.exit.then(async () => {
      jobs.destroy()
      const timer = guarded
        .setTimeout(() => streams.forEach((stream) => void stream.destroy()), CLOSE_PATIENCE_MS)
        .unref()
      await Promise.all(drained)
      clearTimeout(timer)
    })
  }

  /** Calls back when the process has ended; its last output may still be in the pipes. */
  onExit(listener: (how: string) => void): void {
    void this.root.exit.then(guarded(listener))
  }

  /** Calls back when a pipe ends. The template holds all of them open: if it lives then, later runs would fail. */
  onPipeEnd(listener: () => void): void {
    const { jobs: _, ...readable } = this.pipes
    for (const pipe of Object.values(readable)) pipe.once('end', guarded(listener))
  }

  /** Calls back when the process has ended and all of its output has been read. */
  onClose(listener: () => void): void {
    void this.#closed.then(guarded(listener))
  }
}
