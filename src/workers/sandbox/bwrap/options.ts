import { existsSync, lstatSync, readlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Interpreter } from '../machine/interpreters.ts'
import { alternatives, CA_BUNDLE } from './etc.ts'

const MIB = 1024 * 1024
const TMP_BYTES = 256 * MIB
const SHM_BYTES = 64 * MIB

export const MOUNTS = { home: '/tmp', packages: '/opt/packages', node: '/opt/node', runtimes: '/opt/runtimes' } as const
/** Identify the host's boot. */
const HIDDEN = ['/proc/cmdline', '/proc/sys/kernel/random/boot_id']
const INSIDE_UID = 65534
const DEVICES = ['null', 'zero', 'full', 'random', 'urandom']
const DEVICE_LINKS = {
  fd: '/proc/self/fd',
  stdin: '/proc/self/fd/0',
  stdout: '/proc/self/fd/1',
  stderr: '/proc/self/fd/2',
}
export const WRITABLE = ['/tmp', '/dev/shm']

export type Mount = { readonly source: string; readonly target: string; readonly writable?: boolean }

type Filesystem = {
  readonly etc: string
  readonly runtimes: string
  readonly sitePackages: string | null
  readonly prefix: string
  readonly node: string | null
}

/** A Python must be mounted at its original prefix. */
export function listMounts({ etc, runtimes, sitePackages, prefix, node }: Filesystem): readonly Mount[] {
  return [
    { source: etc, target: '/etc' },
    { source: runtimes, target: MOUNTS.runtimes },
    ...(sitePackages === null ? [] : [{ source: sitePackages, target: MOUNTS.packages }]),
    ...(isOfSystem(prefix) ? [] : [{ source: prefix, target: prefix }]),
    ...(node === null || isOfSystem(node) ? [] : [{ source: node, target: MOUNTS.node }]),
  ]
}

export const nodeInside = ({ executable, prefix }: Interpreter): string =>
  isOfSystem(prefix) ? executable : join(MOUNTS.node, basename(executable))

export const isOfSystem = (folder: string): boolean => folder === '/usr' || folder.startsWith('/usr/')

/** `--remount-ro /` must follow all mounts. */
export function bwrapOptions(
  mounts: readonly Mount[],
  environment: Readonly<Record<string, string>>,
  seccompFd: number,
): readonly string[] {
  return [
    ...['--unshare-all', '--unshare-user', '--disable-userns', '--assert-userns-disabled'],
    ...['--die-with-parent', '--new-session', '--as-pid-1'],
    ...readOnly(mounts, environment),
    ...['--proc', '/proc', '--remount-ro', '/proc'],
    ...HIDDEN.filter((path) => existsSync(path)).flatMap((path) => ['--ro-bind', '/dev/null', path]),
    ...devices(),
    ...['--size', String(SHM_BYTES), '--tmpfs', '/dev/shm', '--remount-ro', '/dev'],
    ...['--size', String(TMP_BYTES), '--tmpfs', '/tmp', '--chdir', MOUNTS.home],
    ...['--remount-ro', '/', '--hostname', 'workflow'],
    ...['--uid', String(INSIDE_UID), '--gid', String(INSIDE_UID), '--cap-drop', 'ALL'],
    ...['--seccomp', String(seccompFd)],
  ]
}

/**
 * The zygote adds a user namespace, the filter, /proc, and writable folders for each sandbox. Its own /proc hides
 * nothing: the kernel would refuse another one.
 */
export function zygoteOptions(
  mounts: readonly Mount[],
  environment: Readonly<Record<string, string>>,
  namespaceFd: number | null,
): readonly string[] {
  const user =
    namespaceFd === null
      ? ['--unshare-user', '--uid', String(INSIDE_UID), '--gid', String(INSIDE_UID)]
      : ['--userns', String(namespaceFd)]
  return [
    ...['--unshare-ipc', '--unshare-pid', '--unshare-net', '--unshare-uts', '--unshare-cgroup-try', ...user],
    ...['--die-with-parent', '--new-session'],
    // Otherwise bubblewrap copies closed modes of the host, which exclude the sandboxes' users.
    ...mounts.flatMap(({ target }) => foldersAbove(target)).flatMap((folder) => ['--dir', folder]),
    ...readOnly(mounts, environment),
    ...['--proc', '/proc', ...devices(), '--dir', '/dev/shm', '--remount-ro', '/dev', '--dir', '/tmp'],
    ...['--remount-ro', '/', '--hostname', 'workflow', '--cap-drop', 'ALL'],
  ]
}

export const ZYGOTE_WALLS = {
  uid: INSIDE_UID,
  places: [
    ['/tmp', TMP_BYTES],
    ['/dev/shm', SHM_BYTES],
  ],
  hidden: HIDDEN,
} as const

/** Topmost parent first. */
function foldersAbove(path: string): readonly string[] {
  const folder = dirname(path)
  return folder === dirname(folder) ? [] : [...foldersAbove(folder), folder]
}

function readOnly(mounts: readonly Mount[], environment: Readonly<Record<string, string>>): readonly string[] {
  return [
    '--clearenv',
    ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]),
    ...['--ro-bind', '/usr', '/usr'],
    ...['bin', 'sbin', 'lib', 'lib32', 'lib64'].flatMap(systemFolder),
    ...mounts.flatMap(({ source, target, writable }) => [writable ? '--bind' : '--ro-bind', source, target]),
    ...alternatives().flatMap((folder) => ['--ro-bind', folder, folder]),
  ]
}

/** Avoids --dev, which mounts pseudo-terminals. The host has 4096. */
function devices(): readonly string[] {
  return [
    ...['--tmpfs', '/dev'],
    ...DEVICES.flatMap((name) => ['--dev-bind', `/dev/${name}`, `/dev/${name}`]),
    ...Object.entries(DEVICE_LINKS).flatMap(([name, target]) => ['--symlink', target, `/dev/${name}`]),
  ]
}

/**
 * A thread pool prevents a fork, and OpenBLAS allocates 40 MB per CPU: numpy exceeded the memory limit with 16 CPUs.
 * pandas takes 22 ms instead of 1,061 ms per run.
 */
const ONE_THREAD = {
  OPENBLAS_NUM_THREADS: '1',
  OMP_NUM_THREADS: '1',
  MKL_NUM_THREADS: '1',
  NUMEXPR_NUM_THREADS: '1',
} as const

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
    ...(packages === null ? {} : { PYTHONPATH: packages }),
    MALLOC_ARENA_MAX: '2',
    ...ONE_THREAD,
    ...(existsSync(CA_BUNDLE) ? { SSL_CERT_FILE: CA_BUNDLE } : {}),
  }
}

function systemFolder(name: string): readonly string[] {
  const path = join('/', name)
  if (!existsSync(path)) return []
  return lstatSync(path).isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path]
}
