import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { type Architecture, buildSeccompFilter } from '../../../../src/workers/sandbox/seccomp/filter.ts'
import { collect, type Ended, startBareSandbox } from '../../../helpers/bare-sandbox.ts'
import { runFilter } from '../../../helpers/run-filter.ts'

const ALLOW = 0x7fff0000
const KILL = 0x80000000
const EPERM = 0x50001
const ENOSYS = 0x50026
const EAFNOSUPPORT = 0x50061

type Call = readonly [name: string, numbers: readonly [number, number], args: readonly number[], expected: number]

/** The numbers are repeated here from the man pages' tables on purpose: a slip in one place must show. */
const CALLS: readonly Call[] = [
  ['read', [0, 63], [], ALLOW],
  ['connect', [42, 203], [], ALLOW],
  ['seccomp', [317, 277], [], ALLOW],
  ['prctl', [157, 167], [22], ALLOW],
  ['ptrace', [101, 117], [], EPERM],
  ['unshare', [272, 97], [], EPERM],
  ['setns', [308, 268], [], EPERM],
  ['keyctl', [250, 219], [], EPERM],
  ['bpf', [321, 280], [], EPERM],
  ['mount', [165, 40], [], EPERM],
  ['pidfd_getfd', [438, 438], [], EPERM],
  ['mq_open', [240, 180], [], EPERM],
  ['shmget', [29, 194], [], EPERM],
  ['clone3', [435, 435], [], ENOSYS],
  ['io_uring_setup', [425, 425], [], ENOSYS],
  ['clone for a thread', [56, 220], [0x3d0f00], ALLOW],
  ['clone with CLONE_NEWUSER', [56, 220], [0x10000000], EPERM],
  ['clone with CLONE_NEWNS', [56, 220], [0x20011], EPERM],
  ['ioctl TCGETS', [16, 29], [0, 0x5401], ALLOW],
  ['ioctl TIOCSTI', [16, 29], [0, 0x5412], EPERM],
  ['ioctl TIOCLINUX', [16, 29], [0, 0x541c], EPERM],
  ['personality 0', [135, 92], [0], ALLOW],
  ['personality ADDR_NO_RANDOMIZE', [135, 92], [0x40000], EPERM],
  ['socket unix', [41, 198], [1, 0x80001, 0], ALLOW],
  ['socket inet stream', [41, 198], [2, 0x80801, 6], ALLOW],
  ['socket inet6 datagram', [41, 198], [10, 2, 17], ALLOW],
  ['socket netlink route', [41, 198], [16, 0x80003, 0], ALLOW],
  ['socket netlink netfilter', [41, 198], [16, 3, 12], EAFNOSUPPORT],
  ['socket inet raw', [41, 198], [2, 3, 6], EAFNOSUPPORT],
  ['socket inet6 raw', [41, 198], [10, 0x80003, 58], EAFNOSUPPORT],
  ['socket inet SOCK_PACKET', [41, 198], [2, 10, 0], EAFNOSUPPORT],
  ['socket mptcp', [41, 198], [2, 1, 262], EAFNOSUPPORT],
  ['socket packet', [41, 198], [17, 3, 0], EAFNOSUPPORT],
  ['socket vsock', [41, 198], [40, 1, 0], EAFNOSUPPORT],
  ['socket alg', [41, 198], [38, 5, 0], EAFNOSUPPORT],
  ['socketpair unix', [53, 199], [1, 1, 0], ALLOW],
  ['socketpair tipc', [53, 199], [30, 1, 0], EAFNOSUPPORT],
  ['sendto', [44, 206], [3, 0, 0, 0x4000], ALLOW],
  ['sendto with MSG_FASTOPEN', [44, 206], [3, 0, 0, 0x20004000], 0x5005f],
  ['sendmsg with MSG_FASTOPEN', [46, 211], [3, 0, 0x20000000], 0x5005f],
  ['setsockopt TCP_NODELAY', [54, 208], [3, 6, 1], ALLOW],
  ['setsockopt TCP_FASTOPEN_CONNECT', [54, 208], [3, 6, 30], 0x5005c],
  ['setsockopt TCP_ULP', [54, 208], [3, 6, 31], 0x5005c],
  ['setsockopt of another level', [54, 208], [3, 1, 31], ALLOW],
  ['Y03: memfd_create', [319, 279], [], ENOSYS],
  ['Y09: io_setup', [206, 0], [], ENOSYS],
  ['Y09: inotify_init1', [294, 26], [], ENOSYS],
  ['Y03: setsockopt SO_SNDBUF', [54, 208], [3, 1, 7], 0x50000],
  ['Y03: setsockopt SO_RCVBUF', [54, 208], [3, 1, 8], 0x50000],
  ['Y05: ioctl FS_IOC_SETFLAGS', [16, 29], [3, 0x40086602], EPERM],
  ['Y05: file_setattr', [469, 469], [], ENOSYS],
  ['Y05 Y06: prlimit64 of the caller', [302, 261], [0, 7], ALLOW],
  ['Y05 Y06: prlimit64 of another process', [302, 261], [1, 7], EPERM],
  ['Y05: sched_setaffinity of the caller', [203, 122], [0], ALLOW],
  ['Y05: sched_setaffinity of another process', [203, 122], [1], EPERM],
  ['Y05: sched_setscheduler of another process', [144, 119], [1], EPERM],
  ['Y05: sched_setparam of another process', [142, 118], [1], EPERM],
  ['Y05: sched_setattr of another process', [314, 274], [1], EPERM],
  ['Y05: setpriority of the caller', [141, 140], [0, 0, 19], ALLOW],
  ['Y05: setpriority of another process', [141, 140], [0, 1, 19], EPERM],
  ['Y05: setpriority of a user', [141, 140], [2, 0, 19], EPERM],
  ['Y05: ioprio_set of the caller', [251, 30], [1, 0], ALLOW],
  ['Y05: ioprio_set of a process group', [251, 30], [2, 0], EPERM],
  ['mknodat of a FIFO', [259, 33], [0, 0, 0o010644], ALLOW],
  ['mknodat of a character device', [259, 33], [0, 0, 0o020644], EPERM],
]

const AUDIT_ARCH = { x64: 0xc000003e, arm64: 0xc00000b7 }

for (const [index, arch] of (['x64', 'arm64'] as const).entries()) {
  describe(`the ${arch} filter`, () => {
    for (const [name, numbers, args, expected] of CALLS) {
      test(`answers ${name}`, () => {
        assert.equal(interpret(arch, AUDIT_ARCH[arch], numbers[index] ?? -1, args).toString(16), expected.toString(16))
      })
    }
    test('kills calls of a foreign architecture', () => {
      assert.equal(interpret(arch, 0x40000003, 11, []), KILL)
      assert.equal(interpret(arch, arch === 'x64' ? AUDIT_ARCH.arm64 : AUDIT_ARCH.x64, 0, []), KILL)
    })
  })
}

test('the x64 filter kills x32 calls, but not a skipped one', () => {
  assert.equal(interpret('x64', AUDIT_ARCH.x64, 0x40000000 + 59, []), KILL)
  assert.equal(interpret('x64', AUDIT_ARCH.x64, 0xffffffff, []), ALLOW)
})

test('the kernel takes the filter and answers as it says (X07)', async () => {
  const ended = await runFiltered(ATTACKS)
  assert.deepEqual([ended.stderr, ended.code], ['', 0])
  assert.deepEqual(JSON.parse(ended.stdout), {
    unshare: 'EPERM',
    mount: 'EPERM',
    keyctl: 'EPERM',
    bpf: 'EPERM',
    ptrace: 'EPERM',
    mq_open: 'EPERM',
    shmget: 'EPERM',
    io_uring: 'ENOSYS',
    clone3: 'ENOSYS',
    personality: 'EPERM',
    clone_newuser: 'EPERM',
    vsock: 'EAFNOSUPPORT',
    alg: 'EAFNOSUPPORT',
    packet: 'EAFNOSUPPORT',
    raw: 'EAFNOSUPPORT',
    mptcp: 'EAFNOSUPPORT',
    tiocsti: 'EPERM',
    fastopen: 'ENOTSUP',
    device: 'EPERM',
    fifo: 'ok',
    unix: 'ok',
    inet: 'ok',
    inet6: 'ok',
    datagram: 'ok',
  })
})

const only64 = process.arch !== 'x64' && 'int 0x80 exists on x64 only'
test('the kernel kills a process that makes a 32-bit call', { skip: only64 }, async () => {
  const ended = await runFiltered(FOREIGN_CALL)
  assert.deepEqual([ended.stdout.trim(), ended.code], ['-31', 0])
})

test('honest Python works under the filter: threads, processes, asyncio, ssl, sqlite3', async () => {
  const ended = await runFiltered(HONEST)
  assert.deepEqual([ended.stderr, ended.code, ended.stdout.trim()], ['', 0, 'all fine'])
})

function interpret(arch: Architecture, auditArch: number, number: number, args: readonly number[]): number {
  return runFilter(buildSeccompFilter('own', false, arch), { auditArch, number, args })
}

async function runFiltered(program: string): Promise<Ended> {
  assert.ok(process.arch === 'x64' || process.arch === 'arm64', `expected x64 or arm64, found ${process.arch}`)
  const directory = mkdtempSync(join(tmpdir(), 'seccomp-'))
  const file = join(directory, 'filter')
  writeFileSync(file, buildSeccompFilter('own'))
  const filter = openSync(file, 'r')
  try {
    return await collect(
      startBareSandbox({
        options: ['--seccomp', '3', '--setenv', 'ARCH', process.arch],
        command: ['/usr/bin/python3', '-I', '-c', program],
        stdio: ['ignore', 'pipe', 'pipe', filter],
      }),
    )
  } finally {
    closeSync(filter)
    rmSync(directory, { recursive: true })
  }
}

const ATTACKS = `
import ctypes, errno, fcntl, json, os, socket, stat, sys
libc = ctypes.CDLL(None, use_errno=True)
arm = '${process.arch}' == 'arm64'
def name(number): return errno.errorcode.get(number, 'ok')
def call(x64, arm64, *args):
    ctypes.set_errno(0)
    done = libc.syscall(arm64 if arm else x64, *args)
    return 'ok' if done >= 0 else name(ctypes.get_errno())
def attempt(function, *args):
    try:
        function(*args)
        return 'ok'
    except OSError as error:
        return name(error.errno)
print(json.dumps({
    'unshare': call(272, 97, 0x10000000), 'mount': call(165, 40, 0, 0, 0, 0, 0), 'keyctl': call(250, 219, 0, -3, 0),
    'bpf': call(321, 280, 0, 0, 0), 'ptrace': call(101, 117, 0, 0, 0, 0),
    'mq_open': call(240, 180, b'q', 0o102, 0o600, 0),
    'shmget': call(29, 194, 1, 4096, 0o1600), 'io_uring': call(425, 425, 1, 0), 'clone3': call(435, 435, 0, 0),
    'personality': call(135, 92, 0x40000), 'clone_newuser': call(56, 220, 0x10000011, 0, 0, 0, 0),
    'vsock': attempt(socket.socket, 40, socket.SOCK_STREAM), 'alg': attempt(socket.socket, 38, socket.SOCK_SEQPACKET),
    'packet': attempt(socket.socket, 17, socket.SOCK_RAW),
    'raw': attempt(socket.socket, socket.AF_INET, socket.SOCK_RAW, 1),
    'mptcp': attempt(socket.socket, socket.AF_INET, socket.SOCK_STREAM, 262),
    'tiocsti': attempt(fcntl.ioctl, 1, 0x5412, b'x'),
    'fastopen': attempt(socket.socket().sendto, b'x', 0x20000000, ('127.0.0.1', 9)),
    'device': attempt(os.mknod, '/tmp/null', stat.S_IFCHR | 0o600, 0), 'fifo': attempt(os.mkfifo, '/tmp/fifo'),
    'unix': attempt(socket.socketpair), 'inet': attempt(socket.socket),
    'inet6': attempt(socket.socket, socket.AF_INET6),
    'datagram': attempt(socket.socket, socket.AF_INET, socket.SOCK_DGRAM),
}))
`

/** getpid by int 0x80, in a child whose end is then read: SIGSYS is 31. */
const FOREIGN_CALL = `
import ctypes, mmap, subprocess, sys
program = '''
import ctypes, mmap
code = bytes([0xb8, 20, 0, 0, 0, 0xcd, 0x80, 0xc3])
page = mmap.mmap(-1, 4096, prot=7)
page.write(code)
ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
'''
print(subprocess.run([sys.executable, '-c', program]).returncode)
`

const HONEST = `
import asyncio, concurrent.futures, multiprocessing, sqlite3, socket, ssl, subprocess, sys, threading
if __name__ == '__main__':
    done = []
    threads = [threading.Thread(target=done.append, args=(n,)) for n in range(8)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    assert sorted(done) == list(range(8))
    assert subprocess.check_output(['/bin/sh', '-c', 'echo hi']) == b'hi\\n'
    for method in ('fork', 'spawn', 'forkserver'):
        with multiprocessing.get_context(method).Pool(2) as pool:
            assert pool.map(abs, [-1, -2]) == [1, 2]
    async def chat():
        async def answer(reader, writer):
            writer.write((await reader.readline()).upper())
            writer.close()
        server = await asyncio.start_server(answer, '127.0.0.1', 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b'hello\\n')
        assert await reader.read() == b'HELLO\\n'
        child = await asyncio.create_subprocess_exec('/bin/true')
        assert await child.wait() == 0
        server.close()
    asyncio.run(chat())
    ssl.create_default_context()
    base = sqlite3.connect('/tmp/base')
    base.execute('create table t (x)')
    base.commit()
    assert socket.getaddrinfo('127.0.0.1', 80)
    print('all fine')
`
