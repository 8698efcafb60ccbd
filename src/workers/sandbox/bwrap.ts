/** How a sandbox is built: the options of bubblewrap, and how it is started without the rights of root. */

import { existsSync, lstatSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { CA_BUNDLE } from './etc.ts'
import { SANDBOX_UID } from './reach.ts'

const MIB = 1024 * 1024
const TMP_BYTES = 256 * MIB
const SHM_BYTES = 64 * MIB

export const PLACES = { home: '/tmp', packages: '/opt/packages', runtimes: '/opt/runtimes' } as const
export const WRITABLE = ['/tmp', '/dev/shm']

export type Mount = { readonly source: string; readonly target: string }

type Filesystem = {
  readonly etc: string
  readonly runtimes: string
  readonly sitePackages: string | null
  /** Prefix of an interpreter; null: it lies under /usr. */
  readonly prefix: string | null
  readonly executable: string
}

/** The bind mounts beyond /usr. A Python must be shown at the prefix that it was built for. */
export function listMounts({ etc, runtimes, sitePackages, prefix }: Filesystem): readonly Mount[] {
  return [
    { source: etc, target: '/etc' },
    { source: runtimes, target: PLACES.runtimes },
    ...(sitePackages === null ? [] : [{ source: sitePackages, target: PLACES.packages }]),
    ...(prefix === null ? [] : [{ source: prefix, target: prefix }]),
  ]
}

/** Options for `bwrap --args`: they do not show in `ps`. Their order matters: `--remount-ro /` comes last. */
export function bwrapOptions(
  mounts: readonly Mount[],
  environment: Readonly<Record<string, string>>,
  seccompFd: number,
): readonly string[] {
  return [
    ...['--unshare-all', '--unshare-user', '--disable-userns', '--assert-userns-disabled'],
    ...['--die-with-parent', '--new-session', '--as-pid-1', '--clearenv'],
    ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]),
    ...['--ro-bind', '/usr', '/usr'],
    ...['bin', 'sbin', 'lib', 'lib32', 'lib64'].flatMap(systemFolder),
    ...mounts.flatMap(({ source, target }) => ['--ro-bind', source, target]),
    ...['--proc', '/proc', '--remount-ro', '/proc'],
    // Plain --dev leaves /dev and / as file systems in memory without a bound.
    ...['--dev', '/dev', '--size', String(SHM_BYTES), '--tmpfs', '/dev/shm', '--remount-ro', '/dev'],
    ...['--size', String(TMP_BYTES), '--tmpfs', '/tmp', '--chdir', PLACES.home],
    ...['--remount-ro', '/', '--hostname', 'workflow'],
    ...['--uid', String(SANDBOX_UID), '--gid', String(SANDBOX_UID), '--cap-drop', 'ALL'],
    ...['--seccomp', String(seccompFd)],
  ]
}

/** What a function finds in `os.environ`. */
export function functionEnvironment(
  home: string,
  packages: string | null,
  pythonFolder: string,
): Record<string, string> {
  return {
    PATH: [...new Set([pythonFolder, '/usr/local/bin', '/usr/bin', '/bin'])].join(':'),
    HOME: home,
    TMPDIR: home,
    // CPython 3.6 with LANG=C cannot print "café".
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    USER: 'workflow',
    PYTHONUNBUFFERED: '1',
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONNOUSERSITE: '1',
    // For Pythons that the function starts: the template itself runs with -I and is told by argument.
    ...(packages === null ? {} : { PYTHONPATH: packages }),
    MALLOC_ARENA_MAX: '2',
    ...(existsSync(CA_BUNDLE) ? { SSL_CERT_FILE: CA_BUNDLE } : {}),
  }
}

function systemFolder(name: string): readonly string[] {
  const path = join('/', name)
  if (!existsSync(path)) return []
  return lstatSync(path).isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path]
}
