/** A sandbox of builds that has started: the steps that it takes, one after another, and its end. */

import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { guard } from '../../guard.ts'
import type { Pipes } from '../sandbox/pipes.ts'
import { readLines } from '../sandbox/read-lines.ts'

export type BuildLine = { readonly stream: 'stdout' | 'stderr'; readonly text: string }

/** What a sandbox does, in paths of its own. */
export type BuildStep = {
  readonly command?: readonly string[]
  /** The folder whose files are compared with the hashes of their packages afterwards, and compiled. */
  readonly verify?: string
  /** What is installed there. */
  readonly lock?: string
  /** Where the packages of that folder came from, which then also keeps their bytecode. */
  readonly cache?: string
  /** The modules that are compiled, with what they import; null: all. */
  readonly imports?: readonly string[] | null
  /** Everything else on the machine comes first. */
  readonly patient?: boolean
  /** A file that is printed afterwards, in the place of what the command prints. */
  readonly print?: string
  /** A folder that is moved afterwards, from and to, if it is there. */
  readonly move?: readonly [string, string]
  /** The bytes that the cache may keep, for a step without a command. */
  readonly trim?: number
}

type StepBounds = {
  readonly timeoutMs: number
  readonly onLine: (line: BuildLine) => void
  /** Called every few seconds; the sandbox ends when it returns true. */
  readonly isTooLarge: () => Promise<boolean>
  readonly signal: AbortSignal
}

/** `stopped`: why the server ended it. */
export type BuildEnd = { readonly code: number | null; readonly stopped: 'time' | 'size' | 'closed' | null }

export type BuildSession = {
  run(step: BuildStep, bounds: StepBounds): Promise<BuildEnd>
  /** False: it has ended. */
  readonly isOpen: boolean
  /** Ends it with all of its processes, and waits for that. */
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
  /** The streams whose newest line is empty. An empty line is passed on with the next line, because the line before the mark is none. */
  readonly empty: Set<BuildLine['stream']>
  /** Of one of its streams. */
  endStream(code: number): void
  resolve(code: number | null): void
}

/** `pipes`: the server's ends of the descriptors 0 to 2. `onEnd`: called once, when it has ended. */
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
    // Without the marks no step has succeeded, whatever the code.
    current?.resolve(typeof code === 'number' && code !== 0 ? code : null)
  })
  // Without this, writing to a sandbox that has just ended would end the server.
  jobs.on('error', () => {})
  for (const stream of STREAMS) readLines(pipes[stream], (text) => current && takeLine(current, stream, text))

  const isOpen = () => child.exitCode === null && child.signalCode === null
  const guarded = guard('a build', kill)

  function kill(): void {
    if (child.pid === undefined || !isOpen()) return
    try {
      process.kill(-child.pid, 'SIGKILL')
    } catch {
      // It has just ended.
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
      // It ends with its input. Killed, its processor time would not be counted as that of a child of the server.
      jobs.end()
      const timer = guarded.setTimeout(kill, PATIENCE_MS)
      await ended
      clearTimeout(timer)
    },
  }
}

/** A step has ended when both streams have shown its mark: what it printed came before. */
function markedTwice(mark: string, onLine: StepBounds['onLine'], resolve: Current['resolve']): Current {
  let marks = 0
  const endStream = (code: number): void => {
    marks += 1
    if (marks === STREAMS.length) resolve(code)
  }
  return { mark, onLine, empty: new Set(), endStream, resolve }
}

/** The mark is a line of its own. The newline before it ends the command's last line. */
function takeLine({ mark, onLine, empty, endStream }: Current, stream: BuildLine['stream'], text: string): void {
  const isEnd = text.startsWith(mark)
  if (empty.delete(stream) && !isEnd) onLine({ stream, text: '' })
  if (isEnd) endStream(Number(text.slice(mark.length + 1)))
  else if (text === '') empty.add(stream)
  else onLine({ stream, text })
}
