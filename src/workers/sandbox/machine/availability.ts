/** "Absent" must be proven. In doubt, the start fails. */

import { execFile } from 'node:child_process'
import { accessSync, constants, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { isObject } from '../../../domain/json/is-object.ts'
import { StartError } from '../../../errors.ts'

export type Availability = { readonly absent: string } | { readonly found: string }

const INSTALL = 'Install bubblewrap 0.12.0 or newer (Debian, Ubuntu: apt-get install bubblewrap)'
const TIMEOUT_MS = 20_000
const SMALLEST = [
  '--unshare-all',
  '--unshare-user',
  '--disable-userns',
  '--ro-bind',
  '/',
  '/',
  '--proc',
  '/proc',
  '--hostname',
  'workflow',
  'true',
]
/** Prove a missing permission. Load cannot cause them. */
const FORBIDDEN: readonly RegExp[] = [
  /No permissions to creat(e|ing) a? ?new namespace/,
  /kernel does not support user namespaces/,
  // Ubuntu's AppArmor allows a namespace and then denies all rights in it.
  /setting up uid map: (Permission denied|Operation not permitted)/,
  /Failed RTM_NEW(ADDR|LINK): (Permission denied|Operation not permitted)/,
  // A container with a masked /proc.
  /Can't mount proc on .*: (Permission denied|Operation not permitted)/,
  // A container whose seccomp profile forbids namespaces.
  /Can't set hostname to .*: (Permission denied|Operation not permitted)/,
  /Unknown option --disable-userns/,
]
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /Can't set hostname/,
    '. In a container, allow sethostname in its seccomp profile (Docker: --security-opt seccomp=unconfined)',
  ],
  [/Can't mount proc/, '. In a container, leave /proc unmasked (Docker: --security-opt systempaths=unconfined)'],
]
/** A temporary shortage prints the same error, so only a limit of 0 is a proof. */
const USED_UP = /Creating new namespace failed.*(ENOSPC|No space left)/
const ENV = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }
const run = promisify(execFile)

/** Throws a StartError if bubblewrap fails for a possibly temporary reason. */
export async function findBwrap(
  folders: readonly string[],
  uid: number | null,
  timeoutMs = TIMEOUT_MS,
): Promise<Availability> {
  const unknown = whyNoFilter()
  if (unknown !== null) return { absent: unknown }
  const bwrap = folders.map((folder) => join(folder, 'bwrap')).find(isProgram)
  if (bwrap === undefined) return { absent: `bubblewrap was not found. ${INSTALL}` }
  try {
    const identity = uid === null ? {} : { uid, gid: uid }
    await run(bwrap, SMALLEST, { timeout: timeoutMs, killSignal: 'SIGKILL', env: ENV, cwd: '/', ...identity })
    return { found: bwrap }
  } catch (error) {
    const words = describe(error, timeoutMs)
    if (isForbidden(words)) return { absent: `${words} (${bwrap})${adviceFor(words)}` }
    throw new StartError(
      `bubblewrap (${bwrap}) is installed, but its first test failed, and the failure does not prove that this machine forbids it: ` +
        `${words}. The server did not start, because functions must not run without a sandbox by accident. If the machine lacks ` +
        'memory or processes, start again. To run trusted code without a sandbox, set WORKFLOWS_SANDBOX=none',
    )
  }
}

export async function findLandlock(python: string, runtimesDir: string): Promise<Availability> {
  const unknown = whyNoFilter()
  if (unknown !== null) return { absent: unknown }
  const program = join(runtimesDir, 'workflow_runtime', 'confinement', 'landlock.py')
  let answer: unknown
  try {
    const { stdout } = await run(python, ['-I', '-S', '-B', program], { timeout: TIMEOUT_MS, env: {} })
    answer = JSON.parse(stdout)
  } catch (error) {
    throw new StartError(
      `The test whether this kernel supports Landlock failed: ${describe(error, TIMEOUT_MS)}. Start again`,
    )
  }
  const abi = isObject(answer) && typeof answer.abi === 'number' ? answer.abi : 0
  return abi > 0
    ? { found: String(abi) }
    : { absent: 'this kernel does not support Landlock (it needs Linux 5.13 or newer, with Landlock enabled)' }
}

function whyNoFilter(): string | null {
  if (process.platform !== 'linux') return `Sandboxes need Linux, and this is ${process.platform}`
  return process.arch === 'x64' || process.arch === 'arm64'
    ? null
    : `There is no system call filter for ${process.arch}`
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.F_OK)
    return true
  } catch {
    return false
  }
}

function isForbidden(words: string): boolean {
  if (FORBIDDEN.some((pattern) => pattern.test(words))) return true
  return USED_UP.test(words) && maxUserNamespaces() === 0
}

const adviceFor = (words: string): string => ADVICE.find(([pattern]) => pattern.test(words))?.[1] ?? ''

function maxUserNamespaces(): number | null {
  try {
    return Number(readFileSync('/proc/sys/user/max_user_namespaces', 'utf8'))
  } catch {
    return null
  }
}

function describe(error: unknown, timeoutMs: number): string {
  if (!isObject(error)) return String(error)
  const { stderr, killed, signal, code } = error
  const how = killed === true ? `no answer in ${timeoutMs / 1000} s` : `${signal ?? `exit code ${code}`}`
  const words = typeof stderr === 'string' ? stderr.trim().slice(0, 1000) : ''
  return words === '' ? how : words
}
