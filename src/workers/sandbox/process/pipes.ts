/**
 * Node's pipes are socket pairs, which a run could shut down for later runs or use to query the host's network. FIFOs
 * lose their names after opening.
 */

import { once } from 'node:events'
import { chmodSync, closeSync, constants, fchmodSync, mkdirSync, openSync, unlinkSync } from 'node:fs'
import { Socket } from 'node:net'
import { basename, join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { startProcess } from './start-process.ts'

export type Pipes = {
  readonly jobs: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  readonly results: Readable
  readonly control: Readable
}

/** `descriptors`: the sandbox's ends. The caller must close them after the start. */
export type OpenedPipes = { readonly pipes: Pipes; readonly descriptors: readonly number[] }

/** After another user's process has opened them, call `seal` or `abandon`. */
export type NamedPipes = {
  readonly pipes: Pipes
  readonly names: readonly string[]
  seal(): void
  abandon(): void
}

const { O_RDWR, O_RDONLY, O_WRONLY, O_NONBLOCK } = constants
const PIPES = 5
const FIRST_BATCH = 10 * PIPES
const MAX_BATCH = 16 * FIRST_BATCH
const OUTPUTS = [1, 2]

export class PipeMaker {
  readonly #folder: string
  readonly #names: string[] = []
  #making: Promise<void> | null = null
  #made = 0
  // A start of mkfifo blocks the event loop for 2 ms, or 18 ms in a busy server of 200 MiB.
  #batch = FIRST_BATCH

  constructor(folder: string) {
    mkdirSync(folder, { mode: 0o700 })
    this.#folder = join(folder, 'door')
    mkdirSync(this.#folder)
    // A process of another user has an inherited descriptor.
    chmodSync(this.#folder, 0o711)
  }

  get door(): string {
    return this.#folder
  }

  /** Rejects without free processes or descriptors. */
  async open(): Promise<OpenedPipes> {
    const { pipes, ends, paths } = await this.#open()
    restrict(ends)
    for (const path of paths) unlinkSync(path)
    return { pipes, descriptors: ends.map(({ theirs }) => theirs) }
  }

  /** The server holds the sandbox's ends until they are opened, so that no pipe ends early. */
  async openNamed(): Promise<NamedPipes> {
    const { pipes, ends, paths } = await this.#open()
    let isOpen = true
    const close = () => {
      if (!isOpen) return false
      isOpen = false
      for (const path of paths) unlinkSync(path)
      return true
    }
    return {
      pipes,
      names: paths.map((path) => basename(path)),
      seal: () => {
        if (!close()) return
        restrict(ends)
        for (const { theirs } of ends) closeSync(theirs)
      },
      abandon: () => {
        if (close()) for (const { theirs } of ends) closeSync(theirs)
        for (const pipe of Object.values(pipes)) pipe.destroy()
      },
    }
  }

  async #open(): Promise<{ pipes: Pipes; ends: readonly Ends[]; paths: readonly string[] }> {
    while (this.#names.length < PIPES) {
      this.#making ??= this.#make()
      await this.#making
    }
    const names = this.#names.splice(0, PIPES)
    const opened: Ends[] = []
    try {
      for (const [index, name] of names.entries()) opened.push(openEnds(name, index === 0))
    } catch (error) {
      for (const { ours, theirs } of opened) for (const fd of [ours, theirs]) closeSync(fd)
      for (const name of names) unlinkSync(name)
      throw error
    }
    const [jobs, stdout, stderr, results, control] = opened as [Ends, Ends, Ends, Ends, Ends]
    return {
      pipes: {
        jobs: new Socket({ fd: jobs.ours, readable: false, writable: true }),
        stdout: reader(stdout),
        stderr: reader(stderr),
        results: reader(results),
        control: reader(control),
      },
      ends: opened,
      paths: names,
    }
  }

  async #make(): Promise<void> {
    const names = Array.from({ length: this.#batch }, (_, index) => join(this.#folder, String(this.#made + index)))
    this.#made += this.#batch
    this.#batch = Math.min(this.#batch * 2, MAX_BATCH)
    try {
      const child = await startProcess('mkfifo', ['-m', '606', ...names], { stdio: 'ignore' })
      const [code, signal] = await once(child, 'exit')
      if (code !== 0)
        throw new Error(`mkfifo could not make pipes in ${this.#folder} (${signal ?? `exit code ${code}`})`)
      this.#names.push(...names)
    } finally {
      this.#making = null
    }
  }
}

type Ends = { readonly ours: number; readonly theirs: number }

/** A FIFO opens in one direction only while the other is open. */
function openEnds(path: string, isWrittenByUs: boolean): Ends {
  const both = openSync(path, O_RDWR | O_NONBLOCK)
  try {
    const ours = openSync(path, isWrittenByUs ? O_WRONLY | O_NONBLOCK : O_RDONLY | O_NONBLOCK)
    try {
      return { ours, theirs: openSync(path, isWrittenByUs ? O_RDONLY : O_WRONLY) }
    } catch (error) {
      closeSync(ours)
      throw error
    }
  } finally {
    closeSync(both)
  }
}

/** A sandboxed program may open /dev/stdout and /dev/stderr. */
function restrict(ends: readonly Ends[]): void {
  for (const [index, { theirs }] of ends.entries()) fchmodSync(theirs, OUTPUTS.includes(index) ? 0o622 : 0o600)
}

function reader({ ours }: Ends): Readable {
  return new Socket({ fd: ours, readable: true, writable: false })
}
