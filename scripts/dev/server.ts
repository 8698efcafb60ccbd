/** The program's server under `node --watch`: it starts anew when a file that it reads changes. */

import { type ChildProcess, spawn } from 'node:child_process'
import { LOOPBACK } from './ports.ts'

const WATCHED = ['src', 'runtimes', 'examples', 'docs/guides']
/** A server that has not ended after this long is killed, with all its processes. */
const STOP_MS = 5000

export type DevServer = {
  /** Resolves when the server has said for the first time that it is ready. */
  readonly ready: Promise<void>
  /** Resolves when the watcher has ended by itself. */
  readonly ended: Promise<void>
  stop(): Promise<void>
}

/** Starts it with this environment. What it prints goes to the terminal. */
export function startDevServer(root: string, inspectorPort: number, environment: NodeJS.ProcessEnv): DevServer {
  const child = spawn(process.execPath, argumentsOf(inspectorPort), {
    cwd: root,
    env: environment,
    // A group of its own: Ctrl-C in the terminal reaches `npm run dev` alone, which stops this in order.
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const ready = new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      process.stdout.write(chunk)
      if (chunk.includes('Workflows is ready')) resolve()
    })
  })
  return { ready, ended, stop: () => stop(child, ended) }
}

function argumentsOf(inspectorPort: number): readonly string[] {
  return [
    ...WATCHED.map((path) => `--watch-path=${path}`),
    '--watch-preserve-output',
    `--inspect=${LOOPBACK}:${inspectorPort}`,
    '--disable-warning=ExperimentalWarning',
    'src/cli/main.ts',
    'serve',
  ]
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
