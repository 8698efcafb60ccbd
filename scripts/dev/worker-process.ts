/** A process that becomes the server when it is told: see worker.ts, which runs in it. */

import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'

const ENTRY = join(import.meta.dirname, 'worker.ts')
/** A server that has not ended after this long is killed, with all its processes. */
const STOP_MS = 5000

/** What the process is asked: to load the program's code, then to serve. */
export type WorkerMessage =
  | { readonly type: 'load' }
  | { readonly type: 'serve'; readonly inspectorPort: number; readonly host: string }

export type Worker = {
  /** Resolves when the server has said that it is ready; never if it fails before. */
  readonly ready: Promise<void>
  readonly ended: Promise<void>
  send(message: WorkerMessage): void
  stop(): Promise<void>
}

/** Starts it in `root` with this environment. What it prints goes to the terminal. */
export function createWorker(root: string, environment: NodeJS.ProcessEnv): Worker {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ENTRY], {
    cwd: root,
    env: environment,
    // Ctrl-C in the terminal must reach only `npm run dev`, which stops this process in order.
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  let stopping = false
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  void ended.then(() => {
    if (!stopping) process.stdout.write('The server has ended. It starts again when a file changes.\n')
  })
  const ready = new Promise<void>((resolve) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      process.stdout.write(chunk)
      if (chunk.includes('Workflows is ready')) resolve()
    })
  })
  return {
    ready,
    ended,
    // The child may have just ended.
    send: (message) => void child.send(message, () => undefined),
    stop: () => {
      stopping = true
      return stop(child, ended)
    },
  }
}

async function stop(child: ChildProcess, ended: Promise<void>): Promise<void> {
  child.kill('SIGTERM')
  const timer = setTimeout(() => killGroup(child), STOP_MS)
  await ended
  clearTimeout(timer)
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It ended in the meantime.
  }
}
