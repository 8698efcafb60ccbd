/**
 * The pipes between the server and a sandbox. Node's own are pairs of sockets: a run could shut them down for all later runs,
 * and, as they belong to the host's network, ask them about it. These are real pipes, opened from named pipes (FIFOs) that are
 * removed at once.
 */

import { once } from 'node:events'
import { closeSync, constants, fchmodSync, mkdirSync, openSync, unlinkSync } from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'
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

const { O_RDWR, O_RDONLY, O_WRONLY, O_NONBLOCK } = constants
/** One call of mkfifo takes about 2 ms, so it makes the pipes of ten workers. */
const BATCH = 50
const PIPES = 5

export class PipeMaker {
  readonly #folder: string
  readonly #names: string[] = []
  #making: Promise<void> | null = null
  #made = 0

  /** `folder`: does not exist yet. Only the server may enter it. */
  constructor(folder: string) {
    mkdirSync(folder, { mode: 0o700 })
    this.#folder = folder
  }

  /** Opens the pipes of one worker. Rejects if the machine is out of processes or descriptors. */
  async open(): Promise<OpenedPipes> {
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
      throw error
    } finally {
      for (const name of names) unlinkSync(name)
    }
    const [jobs, stdout, stderr, results, control] = opened as [Ends, Ends, Ends, Ends, Ends]
    // So that a program in the sandbox can open /dev/stdout, which is a link to its descriptor.
    for (const { theirs } of [stdout, stderr]) fchmodSync(theirs, 0o622)
    return {
      pipes: {
        jobs: new Socket({ fd: jobs.ours, readable: false, writable: true }),
        stdout: reader(stdout),
        stderr: reader(stderr),
        results: reader(results),
        control: reader(control),
      },
      descriptors: opened.map(({ theirs }) => theirs),
    }
  }

  async #make(): Promise<void> {
    const names = Array.from({ length: BATCH }, (_, index) => join(this.#folder, String(this.#made + index)))
    this.#made += BATCH
    try {
      const child = await startProcess('mkfifo', ['-m', '600', ...names], { stdio: 'ignore' })
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

function reader({ ours }: Ends): Readable {
  return new Socket({ fd: ours, readable: true, writable: false })
}
