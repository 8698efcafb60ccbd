/** Child processes of set-up: quiet unless they fail, and ended when set-up is. */

import { type ChildProcess, spawn } from 'node:child_process'

/** Something the person at the terminal can mend; printed without a stack trace. */
export class SetUpError extends Error {}

export type Finished = { readonly status: number; readonly output: string }
export type RunOptions = {
  readonly environment?: NodeJS.ProcessEnv
  readonly timeoutSeconds?: number
  /** Also show what it prints. */
  readonly show?: boolean
}

const children = new Set<ChildProcess>()
const MAX_OUTPUT = 256 * 1024

/** Prints one line of progress. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Runs a program to its end. Returns its status and output; never rejects for what the program did. */
export function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return new Promise((resolve) => {
    // pip and apt-get have children. A process group ends them together.
    const child = spawn(file, args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: options.environment ?? process.env,
    })
    // Not spawn's own timeout: after a spawn that failed its timer would keep set-up alive.
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

/** Ends set-up's children with it, on a signal or when asked. */
export function endChildrenOnSignals(): void {
  process.once('SIGINT', () => end(130))
  process.once('SIGTERM', () => end(143))
}

/** Ends every child and then this process. */
export function end(status: number): never {
  for (const child of children) endGroup(child)
  process.exit(status)
}

function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It ended in the meantime.
  }
}

/** The last lines of a failed program's output, for a message to a person. */
export function lastLines(output: string, count = 6): string {
  return output
    .trim()
    .split('\n')
    .slice(-count)
    .map((line) => `  ${line}`)
    .join('\n')
}
