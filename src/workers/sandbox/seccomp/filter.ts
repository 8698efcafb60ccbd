import {
  AND,
  answer,
  assemble,
  decide,
  encode,
  IF_ANY_BIT,
  IF_EQUAL,
  type Instruction,
  type Line,
  LOAD,
  type Rule,
} from './program.ts'

export type Architecture = 'x64' | 'arm64'
/** `brokered`: the host's network, where only the broker connects. Datagrams need no connect, so they are denied. */
export type Network = 'own' | 'brokered' | 'none'

type Numbers = readonly [x64: number | null, arm64: number | null]
const NUMBER_OFFSET = 0
const ARCH_OFFSET = 4
/** Offset of the low 32 bits on little-endian machines. The kernel reads only these bits. */
const argument = (index: number): number => 16 + 8 * index

const ALLOW = 0x7fff0000
const KILL_PROCESS = 0x80000000
const NOTIFY = 0x7fc00000
const errno = (value: number): number => 0x00050000 | value
const DONE = errno(0)
const EPERM = errno(1)
const EACCES = errno(13)
const ENOSYS = errno(38)
const ENOPROTOOPT = errno(92)
const EOPNOTSUPP = errno(95)
const EAFNOSUPPORT = errno(97)

/** From <linux/audit.h>. */
const AUDIT_ARCH: Record<Architecture, number> = { x64: 0xc000003e, arm64: 0xc00000b7 }
/** Set in x32 calls, which report x86-64's arch. A tracer writes -1 to skip a call. */
const X32_BIT = 0x40000000
const SKIPPED = 0xffffffff

/**
 * Fail with EPERM. Numbers: Linux 6.12 arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h
 * (arm64). Combines Flatpak's and Docker's lists with leaks found by IOI's isolate. System V IPC and message queues
 * outlive a run.
 */
// biome-ignore format: a table
const DENIED: Readonly<Record<string, Numbers>> = {
  ptrace: [101, 117], process_vm_readv: [310, 270], process_vm_writev: [311, 271], kcmp: [312, 272],
  pidfd_getfd: [438, 438], process_madvise: [440, 440],
  mount: [165, 40], umount2: [166, 39], pivot_root: [155, 41], chroot: [161, 51], unshare: [272, 97], setns: [308, 268],
  bpf: [321, 280], perf_event_open: [298, 241], userfaultfd: [323, 282],
  add_key: [248, 217], keyctl: [250, 219], request_key: [249, 218],
  init_module: [175, 105], finit_module: [313, 273], delete_module: [176, 106], create_module: [174, null],
  query_module: [178, null], get_kernel_syms: [177, null], kexec_load: [246, 104], kexec_file_load: [320, 294],
  reboot: [169, 142], swapon: [167, 224], swapoff: [168, 225], acct: [163, 89], quotactl: [179, 60],
  quotactl_fd: [443, 443], syslog: [103, 116],
  clock_settime: [227, 112], clock_adjtime: [305, 266], settimeofday: [164, 170], adjtimex: [159, 171],
  sethostname: [170, 161], setdomainname: [171, 162],
  open_by_handle_at: [304, 265], name_to_handle_at: [303, 264], fanotify_init: [300, 262],
  mbind: [237, 235], set_mempolicy: [238, 237], get_mempolicy: [239, 236], migrate_pages: [256, 238],
  move_pages: [279, 239], set_mempolicy_home_node: [450, 450],
  iopl: [172, null], ioperm: [173, null], modify_ldt: [154, null], vhangup: [153, 58], lookup_dcookie: [212, 18],
  uselib: [134, null], ustat: [136, null], sysfs: [139, null], _sysctl: [156, null], nfsservctl: [180, 42],
  mq_open: [240, 180], shmget: [29, 194], msgget: [68, 186], semget: [64, 190],
}

/** Fail with ENOSYS, so that callers fall back. A filter cannot read clone3's flags in memory. */
// biome-ignore format: a table
const ABSENT: Readonly<Record<string, Numbers>> = {
  clone3: [435, 435], open_tree: [428, 428], open_tree_attr: [467, 467], move_mount: [429, 429], fsopen: [430, 430],
  fsconfig: [431, 431], fsmount: [432, 432], fspick: [433, 433], mount_setattr: [442, 442],
  io_uring_setup: [425, 425], io_uring_enter: [426, 426], io_uring_register: [427, 427], memfd_secret: [447, 447],
  // No limit counts a memfd's unmapped memory. All programs share the contexts of asynchronous I/O, all sandboxes of
  // one user its 128 inotify instances. file_setattr: see FS_IOC_SETFLAGS below.
  memfd_create: [319, 279], io_setup: [206, 0], inotify_init: [253, null], inotify_init1: [294, 26], file_setattr: [469, 469],
}

const REPORTED: Readonly<Record<string, Numbers>> = { connect: [42, 203], listen: [50, 201] }

/** The kernel caches the verdict on calls that are always allowed. */
// biome-ignore format: a table
const conditional = (network: Network): readonly { readonly numbers: Numbers; readonly lines: readonly Line[] }[] => [
  { numbers: [44, 206], lines: denyBits(3, 0x20000000, EOPNOTSUPP) }, // sendto with MSG_FASTOPEN, a hidden connect
  { numbers: [46, 211], lines: denyBits(2, 0x20000000, EOPNOTSUPP) }, // sendmsg
  { numbers: [307, 269], lines: denyBits(3, 0x20000000, EOPNOTSUPP) }, // sendmmsg
  // ioctl. TIOCSTI and TIOCLINUX can type for another process. FS_IOC_SETFLAGS and FS_IOC_FSSETXATTR leave directory
  // flags for later runs.
  { numbers: [16, 29], lines: denyValues(1, [0x5412, 0x541c, 0x40086602, 0x401c5820], EPERM) },
  { numbers: [54, 208], lines: restrictSocketOptions() }, // setsockopt
  { numbers: [56, 220], lines: denyBits(0, 0x7e020000, EPERM) }, // clone with any CLONE_NEW*
  { numbers: [41, 198], lines: allowSockets(network) }, // socket
  { numbers: [53, 199], lines: allowSockets(network) }, // socketpair
  ...(network === 'none' ? [{ numbers: [42, 203] as const, lines: [answer(EACCES)] }] : []), // connect, to exclude the host's abstract sockets
  { numbers: [135, 92], lines: denyNonzero(0) }, // personality
  // Other ids than 0 could reach the template, later runs and, without a PID namespace, the server.
  { numbers: [302, 261], lines: denyNonzero(0) }, // prlimit64
  { numbers: [203, 122], lines: denyNonzero(0) }, // sched_setaffinity
  { numbers: [144, 119], lines: denyNonzero(0) }, // sched_setscheduler
  { numbers: [142, 118], lines: denyNonzero(0) }, // sched_setparam
  { numbers: [314, 274], lines: denyNonzero(0) }, // sched_setattr
  { numbers: [141, 140], lines: allowOnlySelf(0) }, // setpriority: only PRIO_PROCESS
  { numbers: [251, 30], lines: allowOnlySelf(1) }, // ioprio_set: only IOPRIO_WHO_PROCESS
  { numbers: [133, null], lines: denyDevices(1) }, // mknod
  { numbers: [259, 33], lines: denyDevices(2) }, // mknodat
]

/**
 * Returns an array of struct sock_filter. Unnamed calls are allowed: CPython 3.6 to 3.13 and their packages need a wide
 * set. A call of another architecture kills the process. seccomp() is allowed for the runtime's filter that reports
 * connect() (confinement/network.py).
 */
export function buildSeccompFilter(
  network: Network,
  reports = false,
  arch: Architecture = process.arch === 'arm64' ? 'arm64' : 'x64',
): Buffer {
  const load: Line[] = [
    loadAt(ARCH_OFFSET),
    when(AUDIT_ARCH[arch], 'ours'),
    answer(KILL_PROCESS),
    'ours',
    loadAt(NUMBER_OFFSET),
  ]
  return encode([...assemble(load), ...decide(listRules(arch, network, reports), ALLOW)])
}

export function listRules(arch: Architecture, network: Network, reports: boolean): readonly Rule[] {
  const numberOf = (numbers: Numbers): number | null => numbers[arch === 'x64' ? 0 : 1]
  const answers = (calls: Readonly<Record<string, Numbers>>, action: number) =>
    Object.values(calls).map((numbers) => ({ numbers, lines: [answer(action)] }))
  const rules = [
    ...conditional(network),
    ...answers(DENIED, EPERM),
    ...answers(ABSENT, ENOSYS),
    ...(reports ? answers(REPORTED, NOTIFY) : []),
  ]
  return [
    ...rules.flatMap(({ numbers, lines }) => {
      const number = numberOf(numbers)
      return number === null ? [] : [{ first: number, last: number, lines }]
    }),
    ...(arch === 'x64' ? [{ first: X32_BIT, last: SKIPPED - 1, lines: [answer(KILL_PROCESS)] }] : []),
  ]
}

function denyBits(index: number, mask: number, action: number): Line[] {
  return [load(index), { code: IF_ANY_BIT, k: mask, no: 'allow' }, answer(action), 'allow', answer(ALLOW)]
}

function denyValues(index: number, values: readonly number[], action: number): Line[] {
  return [load(index), ...anyOf(values, 'deny'), answer(ALLOW), 'deny', answer(action)]
}

function denyNonzero(index: number): Line[] {
  return [load(index), when(0, 'allow'), answer(EPERM), 'allow', answer(ALLOW)]
}

/** `which` must have the given value, `who` must be 0, the caller. */
function allowOnlySelf(which: number): Line[] {
  return [
    load(0),
    when(which, undefined, 'deny'),
    load(1),
    when(0, 'allow'),
    'deny',
    answer(EPERM),
    'allow',
    answer(ALLOW),
  ]
}

/**
 * The broker must see every connection. TCP_FASTOPEN_CONNECT and TCP_FASTOPEN_NO_COOKIE connect at the first write, and
 * TCP_ULP converts a socket (SMC). SO_SNDBUF and SO_RCVBUF have no effect, because no limit counts larger buffers.
 */
function restrictSocketOptions(): Line[] {
  return [
    load(1),
    when(1, 'socket'),
    when(6, undefined, 'allow'),
    load(2),
    ...anyOf([30, 31, 34], 'deny'),
    'allow',
    answer(ALLOW),
    'deny',
    answer(ENOPROTOOPT),
    'socket',
    load(2),
    ...anyOf([7, 8], 'ignore'),
    answer(ALLOW),
    'ignore',
    answer(DONE),
  ]
}

/**
 * Allows AF_UNIX, TCP, UDP, and NETLINK_ROUTE, which glibc needs for addresses. The protocol check excludes MPTCP
 * (262), SMC, SCTP and raw sockets. AF_VSOCK would reach the host's hypervisor. The broker would not see sending
 * without connect().
 */
function allowSockets(network: Network): Line[] {
  const datagrams = network === 'own' ? [2] : []
  return [
    load(0),
    ...anyOf([1], network === 'own' ? 'allow' : 'unix'),
    ...anyOf(network === 'none' ? [] : [2, 10], 'inet'),
    ...anyOf([16], 'netlink'),
    answer(EAFNOSUPPORT),
    ...(network === 'own'
      ? []
      : ['unix', load(1), { code: AND, k: 0xf }, ...anyOf([1, 5], 'allow'), answer(EAFNOSUPPORT)]),
    ...(network === 'none'
      ? []
      : [
          'inet',
          load(1),
          { code: AND, k: 0xf },
          ...anyOf([1, ...datagrams], 'protocol'),
          answer(EAFNOSUPPORT),
          'protocol',
          load(2),
          ...anyOf([0, 6, 17], 'allow'),
          answer(EAFNOSUPPORT),
        ]),
    'netlink',
    load(2),
    ...anyOf([0], 'allow'),
    answer(EAFNOSUPPORT),
    'allow',
    answer(ALLOW),
  ]
}

/** FIFOs and files stay allowed. A whiteout is a character device that needs no privilege. */
function denyDevices(index: number): Line[] {
  const isDevice = anyOf([0o020000, 0o060000], 'deny')
  return [load(index), { code: AND, k: 0o170000 }, ...isDevice, answer(ALLOW), 'deny', answer(EPERM)]
}

function load(index: number): Instruction {
  return loadAt(argument(index))
}

function loadAt(offset: number): Instruction {
  return { code: LOAD, k: offset }
}

function when(value: number, yes?: string, no?: string): Instruction {
  return { code: IF_EQUAL, k: value, yes, no }
}

function anyOf(values: readonly number[], target: string): Line[] {
  return values.map((value) => when(value, target))
}
