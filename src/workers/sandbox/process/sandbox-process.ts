import type { SpawnOptions } from 'node:child_process'
import { closeSync } from 'node:fs'
import type { Socket } from 'node:net'
import { guard } from '../../../guard.ts'
import type { PipeMaker, Pipes } from './pipes.ts'
import { startProcess } from './start-process.ts'

const guarded = guard('a sandbox')

/** Other processes may hold the pipes open after this one's end. */
const CLOSE_PATIENCE_MS = 5_000

/** `stdio`: descriptors 5 and up. */
type Options = SpawnOptions & { readonly id: string; readonly stdio: readonly (Socket | number | 'ignore')[] }

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
 * `kill` is null if the root is above the template. Otherwise the root is the template, and its zygote may have waited
 * for it.
 */
export type SandboxRoot = {
  readonly pid: number | undefined
  readonly exit: Promise<string>
  readonly kill: (() => void) | null
  /** The pid may be reused once the parent has waited for the root. */
  readonly parent: number
}

export class SandboxProcess {
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

  /** The last output may still be in the pipes. */
  onExit(listener: (how: string) => void): void {
    void this.root.exit.then(guarded(listener))
  }

  /** The template holds all pipes open. Runs after an early end would fail. */
  onPipeEnd(listener: () => void): void {
    const { jobs: _, ...readable } = this.pipes
    for (const pipe of Object.values(readable)) pipe.once('end', guarded(listener))
  }

  onClose(listener: () => void): void {
    void this.#closed.then(guarded(listener))
  }
}
