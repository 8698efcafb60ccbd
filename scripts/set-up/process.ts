/** Child processes print only failures, and end with set-up. */

import { type ChildProcess, spawn } from 'node:child_process'

/** No stack trace: the person can fix it. */
export class SetUpError extends Error {}

export type Finished = { readonly status: number; readonly output: string }
export type RunOptions = {
  readonly environment?: NodeJS.ProcessEnv
  readonly timeoutSeconds?: number
  readonly show?: boolean
}

const children = new Set<ChildProcess>()
const MAX_OUTPUT = 256 * 1024

export function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Never rejects. */
export function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return new Promise((resolve) => {
    // A process group ends the children of pip and apt-get too.
    const child = spawn(file, args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: options.environment ?? process.env,
    })
    // After a failed spawn, Node's own timeout would keep set-up alive.
    const timer = setTimeout(() => endGroup(child), (options.timeoutSeconds ?? 600) * 1000)
    let output = ''
    const take = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-MAX_OUTPUT)
      if (options.show) process.stdout.write(chunk)
    }
    children.add(child)
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    child.on('error', (error) => finish(127, error.message))
    child.on('close', (code) => finish(code ?? 1, output))
    const finish = (status: number, text: string): void => {
      clearTimeout(timer)
      children.delete(child)
      resolve({ status, output: text })
    }
  })
}

export function endChildrenOnSignals(): void {
  process.once('SIGINT', () => end(130))
  process.once('SIGTERM', () => end(143))
}

export function end(status: number): never {
  for (const child of children) endGroup(child)
  process.exit(status)
}

function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // The process has ended.
  }
}

export function lastLines(output: string, count = 6): string {
  return output
    .trim()
    .split('\n')
    .slice(-count)
    .map((line) => `  ${line}`)
    .join('\n')
}
