/** A started build sandbox, which runs steps one after another. */

import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { guard } from '../../guard.ts'
import type { Pipes } from '../sandbox/pipes.ts'
import { readLines } from '../sandbox/read-lines.ts'

export type BuildLine = { readonly stream: 'stdout' | 'stderr'; readonly text: string }

/** One step. All paths are inside the sandbox. */
export type BuildStep = {
  readonly command?: readonly string[]
  /** After the command, the files in this folder are compared with their packages' hashes and compiled. */
  readonly verify?: string
  readonly lock?: string
  readonly cache?: string
  /** Modules to compile with their imports. If null, compiles everything. */
  readonly imports?: readonly string[] | null
  /** Runs with the lowest priority. */
  readonly patient?: boolean
  /** Prints this file after the command and suppresses the command's output. */
  readonly print?: string
  /** Moves a folder, if it exists, from the first path to the second after the command. */
  readonly move?: readonly [string, string]
  /** Trims the cache to this number of bytes. */
  readonly trim?: number
}

type StepBounds = {
  readonly timeoutMs: number
  readonly onLine: (line: BuildLine) => void
  readonly isTooLarge: () => Promise<boolean>
  readonly signal: AbortSignal
}

export type BuildEnd = { readonly code: number | null; readonly stopped: 'time' | 'size' | 'closed' | null }

export type BuildSession = {
  run(step: BuildStep, bounds: StepBounds): Promise<BuildEnd>
  readonly isOpen: boolean
  close(): Promise<void>
}

const STREAMS = ['stdout', 'stderr'] as const
const LOOK_MS = 2_000
const PATIENCE_MS = 1_000
const NOTHING = {
  ...{ command: null, verify: null, lock: null, cache: null, imports: null, patient: false, print: null, move: null },
  trim: null,
}

type Current = {
  readonly mark: string
  readonly onLine: StepBounds['onLine']
  /**
   * Streams whose newest line is empty. An empty line is held back, because the newline before a mark is not output.
   */
  readonly empty: Set<BuildLine['stream']>
  endStream(code: number): void
  resolve(code: number | null): void
}

export function createBuildSession(
  child: ChildProcess,
  pipes: Pick<Pipes, 'jobs' | 'stdout' | 'stderr'>,
  onEnd: () => void,
): BuildSession {
  let current: Current | null = null
  const { jobs } = pipes
  const closed = STREAMS.map((stream) => new Promise((resolve) => pipes[stream].once('close', resolve)))
  const ended = Promise.all([once(child, 'exit'), ...closed]).then(([[code]]) => {
    jobs.destroy()
    onEnd()
    // A step succeeds only if both marks arrived.
    current?.resolve(typeof code === 'number' && code !== 0 ? code : null)
  })
  // Writing to a sandbox that has just ended must not crash the server.
  jobs.on('error', () => {})
  for (const stream of STREAMS) readLines(pipes[stream], (text) => current && takeLine(current, stream, text))

  const isOpen = () => child.exitCode === null && child.signalCode === null
  const guarded = guard('a build', kill)

  function kill(): void {
    if (child.pid === undefined || !isOpen()) return
    try {
      process.kill(-child.pid, 'SIGKILL')
    } catch {
      // The process has just ended.
    }
  }

  return {
    async run(step, { timeoutMs, onLine, isTooLarge, signal }) {
      let stopped: BuildEnd['stopped'] = null
      const stop = (why: NonNullable<BuildEnd['stopped']>): void => {
        stopped ??= why
        kill()
      }
      const timer = guarded.setTimeout(() => stop('time'), timeoutMs)
      const look = guarded.setInterval(() => isTooLarge().then((is) => is && stop('size')), LOOK_MS)
      const close = guarded(() => stop('closed'))
      signal.addEventListener('abort', close, { once: true })
      if (signal.aborted) close()
      try {
        const code = await new Promise<number | null>((resolve) => {
          const mark = randomBytes(16).toString('hex')
          current = markedTwice(mark, onLine, resolve)
          if (!isOpen()) resolve(null)
          jobs.write(`${JSON.stringify({ ...NOTHING, ...step, mark })}\n`)
        })
        return { code, stopped }
      } finally {
        current = null
        clearTimeout(timer)
        clearInterval(look)
        signal.removeEventListener('abort', close)
      }
    },
    get isOpen() {
      return isOpen()
    },
    async close() {
      // Closing stdin ends the sandbox. A kill would lose its CPU time from the server's statistics of children.
      jobs.end()
      const timer = guarded.setTimeout(kill, PATIENCE_MS)
      await ended
      clearTimeout(timer)
    },
  }
}

/** A step ends when both streams have delivered its mark, because all of its output precedes the marks. */
function markedTwice(mark: string, onLine: StepBounds['onLine'], resolve: Current['resolve']): Current {
  let marks = 0
  const endStream = (code: number): void => {
    marks += 1
    if (marks === STREAMS.length) resolve(code)
  }
  return { mark, onLine, empty: new Set(), endStream, resolve }
}

/** The newline before the mark terminates the command's last line. */
function takeLine({ mark, onLine, empty, endStream }: Current, stream: BuildLine['stream'], text: string): void {
  const isEnd = text.startsWith(mark)
  if (empty.delete(stream) && !isEnd) onLine({ stream, text: '' })
  if (isEnd) endStream(Number(text.slice(mark.length + 1)))
  else if (text === '') empty.add(stream)
  else onLine({ stream, text })
}
