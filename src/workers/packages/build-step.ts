import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { guard } from '../../guard.ts'
import type { Pipes } from '../sandbox/process/pipes.ts'
import { readLines } from '../sandbox/process/read-lines.ts'

export type BuildLine = { readonly stream: 'stdout' | 'stderr'; readonly text: string }

/** All paths are inside the sandbox. */
export type BuildStep = {
  readonly command?: readonly string[]
  /** Verifies the folder's files by hash, and compiles them. */
  readonly verify?: string
  /** Printed instead of the command's output. */
  readonly print?: string
  /** Moves a folder, if any, after the command. */
  readonly move?: readonly [string, string]
  readonly trim?: number
}

export type StepBounds = {
  readonly timeoutMs: number
  readonly onLine: (line: BuildLine) => void
  readonly isTooLarge: () => Promise<boolean>
  readonly signal: AbortSignal
}

export type BuildEnd = { readonly code: number | null; readonly stopped: 'time' | 'size' | 'closed' | null }

const STREAMS = ['stdout', 'stderr'] as const
const LOOK_MS = 2_000

export async function followStep(
  child: ChildProcess,
  pipes: Pick<Pipes, 'stdout' | 'stderr'>,
  { timeoutMs, onLine, isTooLarge, signal }: StepBounds,
): Promise<BuildEnd> {
  let stopped: BuildEnd['stopped'] = null
  const stop = (why: NonNullable<BuildEnd['stopped']>): void => {
    stopped ??= why
    kill(child)
  }
  const guarded = guard('a build', () => kill(child))
  const closed = STREAMS.map((stream) => new Promise((resolve) => pipes[stream].once('close', resolve)))
  for (const stream of STREAMS) readLines(pipes[stream], (text) => onLine({ stream, text }))
  const timer = guarded.setTimeout(() => stop('time'), timeoutMs)
  const look = guarded.setInterval(() => isTooLarge().then((is) => is && stop('size')), LOOK_MS)
  const close = guarded(() => stop('closed'))
  signal.addEventListener('abort', close, { once: true })
  if (signal.aborted) close()
  try {
    const [[code]] = await Promise.all([once(child, 'exit'), ...closed])
    return { code: typeof code === 'number' ? code : null, stopped }
  } finally {
    clearTimeout(timer)
    clearInterval(look)
    signal.removeEventListener('abort', close)
  }
}

function kill(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // The process has just ended.
  }
}
