/** Runs the command line as a process of its own, in a folder and with a configuration of its own. */

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { COMPILED } from './compiled.ts'

const ROOT = resolve(import.meta.dirname, '../..')

type Result = { readonly code: number | null; readonly out: string; readonly err: string }

type Running = {
  readonly process: ChildProcess
  /** Both streams, as they came. */
  output(): string
  readonly ended: Promise<Result>
}

export type CommandLine = {
  /** The folder that commands are called in. */
  readonly cwd: string
  readonly credentials: string
  run(args: readonly string[], options?: { readonly cwd?: string; readonly input?: string }): Promise<Result>
  start(args: readonly string[], options?: { readonly cwd?: string; readonly input?: string }): Running
  /** Runs it in a terminal. Returns what the terminal got. */
  runInTerminal(args: readonly string[]): Promise<string>
  remove(): void
}

/** `env` is added to an environment that has nothing of the tester's. */
export function createCommandLine(env: Readonly<Record<string, string>> = {}): CommandLine {
  const home = mkdtempSync(join(tmpdir(), 'workflows-cli-'))
  const cwd = join(home, 'work')
  mkdirSync(cwd)
  const program = [process.execPath, '--disable-warning=ExperimentalWarning', join(ROOT, 'cli/main.ts')]
  const environment = (calledIn: string) => {
    const clean = { PATH: process.env.PATH ?? '', HOME: home, XDG_CONFIG_HOME: join(home, 'config'), TZ: 'UTC' }
    return { ...clean, ...COMPILED, WORKFLOWS_CALLED_IN: calledIn, ...env }
  }
  const start: CommandLine['start'] = (args, options = {}) =>
    startProgram([...program, ...args], environment(options.cwd ?? cwd), options.input ?? '')
  return {
    cwd,
    credentials: join(home, 'config/workflows/credentials.json'),
    start,
    run: (args, options) => start(args, options).ended,
    async runInTerminal(args) {
      const inTerminal = ['python3', '-c', 'import pty, sys; pty.spawn(sys.argv[1:])', ...program, ...args]
      return (await startProgram(inTerminal, { ...environment(cwd), TERM: 'xterm' }, '').ended).out
    },
    remove: () => rmSync(home, { recursive: true, force: true }),
  }
}

function startProgram(
  [file = '', ...args]: readonly string[],
  env: Readonly<Record<string, string>>,
  input: string,
): Running {
  const child = spawn(file, args, { cwd: ROOT, env: { ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
  let [out, err, both] = ['', '', '']
  child.stdout.on('data', (chunk) => {
    out += chunk
    both += chunk
  })
  child.stderr.on('data', (chunk) => {
    err += chunk
    both += chunk
  })
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const ended = new Promise<Result>((done) => child.on('close', (code) => done({ code, out, err })))
  return { process: child, output: () => both, ended }
}
