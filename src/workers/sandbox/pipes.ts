/**
 * The pipes between the server and a sandbox. Node's own are pairs of sockets: a run could shut them down for all later runs,
 * and, as they belong to the host's network, ask them about it. These are real pipes, opened from named pipes (FIFOs) that are
 * removed at once.
 */

import { once } from 'node:events'
import { chmodSync, closeSync, constants, fchmodSync, mkdirSync, openSync, unlinkSync } from 'node:fs'
import { Socket } from 'node:net'
import { basename, join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { startProcess } from './start-process.ts'

/** The server's ends. */
export type Pipes = {
  readonly jobs: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  readonly results: Readable
  readonly control: Readable
}

/** `descriptors`: the sandbox's ends, in the order of its descriptors 0 to 4. The caller closes them after the start. */
export type OpenedPipes = { readonly pipes: Pipes; readonly descriptors: readonly number[] }

/** Pipes whose other ends a process of another user opens by name. Call `seal` when it has, or `abandon`. */
export type NamedPipes = {
  readonly pipes: Pipes
  /** In the folder `PipeMaker.door`, in the order of the descriptors 0 to 4. */
  readonly names: readonly string[]
  /** Removes the names, and closes the pipes to other users. */
  seal(): void
  /** Removes the names, and closes all ends. */
  abandon(): void
}

const { O_RDWR, O_RDONLY, O_WRONLY, O_NONBLOCK } = constants
const PIPES = 5
/** The pipes of ten workers, and of a hundred and sixty. */
const FIRST_BATCH = 10 * PIPES
const MAX_BATCH = 16 * FIRST_BATCH
/** The descriptors of standard output and standard error. */
const OUTPUTS = [1, 2]

export class PipeMaker {
  readonly #folder: string
  readonly #names: string[] = []
  #making: Promise<void> | null = null
  #made = 0
  // A start of mkfifo holds the event loop for 2 ms, and for 18 in a busy server of 200 MiB: a tenth of its time with ten for each.
  #batch = FIRST_BATCH

  /** `folder`: does not exist yet. Only the server may enter it. */
  constructor(folder: string) {
    mkdirSync(folder, { mode: 0o700 })
    this.#folder = join(folder, 'door')
    mkdirSync(this.#folder)
    // For a process of another user that has inherited a descriptor of it. No process reaches it by path.
    chmodSync(this.#folder, 0o711)
  }

  /** Where the names of `openNamed` are. */
  get door(): string {
    return this.#folder
  }

  /** Opens the pipes of one worker. Rejects if the machine is out of processes or descriptors. */
  async open(): Promise<OpenedPipes> {
    const { pipes, ends, paths } = await this.#open()
    restrict(ends)
    for (const path of paths) unlinkSync(path)
    return { pipes, descriptors: ends.map(({ theirs }) => theirs) }
  }

  /** As `open`, for a process that opens its ends itself. The server holds them too until then, so that no pipe ends. */
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

/** A FIFO can be opened for one direction only while its other end is open, so a third descriptor helps for a moment. */
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

/** Closes the pipes to other users, but lets a program in the sandbox open /dev/stdout, which is a link to its descriptor. */
function restrict(ends: readonly Ends[]): void {
  for (const [index, { theirs }] of ends.entries()) fchmodSync(theirs, OUTPUTS.includes(index) ? 0o622 : 0o600)
}

function reader({ ours }: Ends): Readable {
  return new Socket({ fd: ours, readable: true, writable: false })
}
