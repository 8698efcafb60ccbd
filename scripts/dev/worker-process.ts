/** The process becomes the server on request (worker.ts). */

import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'

const ENTRY = join(import.meta.dirname, 'worker.ts')
/** Time until a stopping server is killed. */
const STOP_MS = 5000

/** A worker loads the code, then serves. */
export type WorkerMessage =
  | { readonly type: 'load' }
  | { readonly type: 'serve'; readonly inspectorPort: number; readonly host: string }

export type Worker = {
  /** Never resolves for a failed server. */
  readonly ready: Promise<void>
  readonly ended: Promise<void>
  send(message: WorkerMessage): void
  stop(): Promise<void>
}

export function createWorker(root: string, environment: NodeJS.ProcessEnv): Worker {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ENTRY], {
    cwd: root,
    env: environment,
    // Ctrl-C must reach only `npm run dev`.
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
