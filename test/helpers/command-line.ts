import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { callCommand } from '../../cli/call.ts'
import { connect } from '../../cli/session.ts'
import { createTerminal } from '../../cli/terminal.ts'
import { COMPILED } from './compiled.ts'

const ROOT = resolve(import.meta.dirname, '../..')

type Result = { readonly code: number | null; readonly out: string; readonly err: string }

type Running = {
  readonly process: ChildProcess
  output(): string
  readonly ended: Promise<Result>
}

export type CommandLine = {
  readonly cwd: string
  readonly credentials: string
  /** Runs in this process, because a separate one takes half a second of processor time more. */
  run(args: readonly string[], options?: { readonly cwd?: string; readonly input?: string }): Promise<Result>
  start(args: readonly string[], options?: { readonly cwd?: string; readonly input?: string }): Running
  /** Returns the output of the terminal. */
  runInTerminal(args: readonly string[]): Promise<string>
  remove(): void
}

type Variables = Readonly<Record<string, string>>

/** The environment excludes the tester's variables. */
export function createCommandLine(env: Variables = {}): CommandLine {
  const home = mkdtempSync(join(tmpdir(), 'workflows-cli-'))
  const cwd = join(home, 'work')
  mkdirSync(cwd)
  const configuration = join(home, 'config')
  const program = [process.execPath, '--disable-warning=ExperimentalWarning', join(ROOT, 'cli/main.ts')]
  const environment = (calledIn: string) => {
    const clean = { PATH: process.env.PATH ?? '', HOME: home, XDG_CONFIG_HOME: configuration, TZ: 'UTC' }
    return { ...clean, ...COMPILED, WORKFLOWS_CALLED_IN: calledIn, ...env }
  }
  const start: CommandLine['start'] = (args, options = {}) =>
    startProgram([...program, ...args], environment(options.cwd ?? cwd), options.input ?? '')
  return {
    cwd,
    credentials: join(configuration, 'workflows/credentials.json'),
    start,
    run: (args, options = {}) => runHere(args, env, { cwd, configuration, ...options }),
    async runInTerminal(args) {
      const inTerminal = ['python3', '-c', 'import pty, sys; pty.spawn(sys.argv[1:])', ...program, ...args]
      return (await startProgram(inTerminal, { ...environment(cwd), TERM: 'xterm' }, '').ended).out
    },
    remove: () => rmSync(home, { recursive: true, force: true }),
  }
}

type Place = { readonly cwd: string; readonly configuration: string; readonly input?: string }

async function runHere(
  args: readonly string[],
  env: Variables,
  { cwd, configuration, input = '' }: Place,
): Promise<Result> {
  const [out, err]: [string[], string[]] = [[], []]
  const keep = (texts: string[]) => ({
    isTTY: false,
    write: (text: string | Uint8Array) => texts.push(String(text)) > 0,
  })
  const environment = {
    cwd,
    url: env.WORKFLOWS_URL ?? null,
    apiKey: env.WORKFLOWS_API_KEY ?? null,
    credentialsPath: join(env.XDG_CONFIG_HOME ?? configuration, 'workflows/credentials.json'),
    hasColours: false,
    isInteractive: false,
    width: 80,
  }
  const code = await callCommand(args, {
    environment,
    terminal: createTerminal(environment, { stdout: keep(out), stderr: keep(err) }),
    stop: new AbortController().signal,
    connect: () => connect(environment),
    readStdin: async () => input.replace(/\r?\n$/, ''),
  })
  return { code, out: out.join(''), err: err.join('') }
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
