/** A plain bubblewrap sandbox for tests of single restrictions. src/workers/sandbox/sandbox.ts starts runs. */

import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { oneUser } from '../../src/workers/sandbox/machine/users.ts'

const UNPRIVILEGED = 65534
const asRoot = process.getuid?.() === 0
/** bubblewrap must not start as uid 0, so root tests drop their user like the server. */
const STEP_DOWN = asRoot ? ['setpriv', `--reuid=${UNPRIVILEGED}`, `--regid=${UNPRIVILEGED}`, '--clear-groups'] : []
export const bareUsers = { users: oneUser(asRoot ? UNPRIVILEGED : null) }

export type BareSandbox = {
  readonly options?: readonly string[]
  readonly command: readonly string[]
  readonly stdio: StdioOptions
}

/** The sandbox has its own namespaces, /usr and a scratch /tmp. It ends with the test process. */
export function startBareSandbox({ options = [], command, stdio }: BareSandbox): ChildProcess {
  const words = [
    ...STEP_DOWN,
    'bwrap',
    '--unshare-all',
    '--unshare-user',
    '--disable-userns',
    '--die-with-parent',
    '--new-session',
    '--clearenv',
    '--setenv',
    'PATH',
    '/usr/bin:/bin',
    '--setenv',
    'LANG',
    'C.UTF-8',
    '--setenv',
    'HOME',
    '/tmp',
    '--ro-bind',
    '/usr',
    '/usr',
    '--symlink',
    'usr/bin',
    '/bin',
    '--symlink',
    'usr/lib',
    '/lib',
    '--symlink',
    'usr/lib64',
    '/lib64',
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    '--tmpfs',
    '/tmp',
    '--chdir',
    '/tmp',
    '--cap-drop',
    'ALL',
    '--as-pid-1',
    ...options,
    '--',
    ...command,
  ]
  const [file = 'bwrap', ...args] = words
  return spawn(file, args, { stdio, env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } })
}

export type Ended = {
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

export function collect(child: ChildProcess): Promise<Ended> {
  const text = { stdout: '', stderr: '' }
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text.stdout += chunk
  })
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    text.stderr += chunk
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, ...text }))
  })
}
