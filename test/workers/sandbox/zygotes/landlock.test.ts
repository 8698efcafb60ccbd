/** Zygotes in the tier `landlock`: a copy is behind the walls of a sandbox that was started anew, and copies do not reach each other. */

import assert from 'node:assert/strict'
import { appendFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { createEgress } from '../../../../src/workers/egress/egress.ts'
import type { Pool } from '../../../../src/workers/pool/pool.ts'
import { isRoot } from '../../../../src/workers/sandbox/machine/reach.ts'
import { listTree, ownersOf } from '../../../../src/workers/sandbox/process/processes.ts'
import { bareUsers } from '../../../helpers/bare-sandbox.ts'
import { commandOf, listZygotes, openPool, parentOf, quietLog } from '../../../helpers/pool.ts'
import { ask, listTemplates, SAY, startWaiting, until, withPool } from '../../../helpers/zygotes.ts'

const RUNTIMES = join(import.meta.dirname, '../../../../runtimes')
const LANDLOCK = { sandbox: 'landlock', ...bareUsers } as const
const egress = await createEgress({ allow: [], runtimesDir: RUNTIMES, log: quietLog, ...bareUsers })
after(() => egress.close())

/** What a run can see of its walls, but for what is another in each sandbox. */
const LOOKS = `import ctypes, json, os, resource, signal, sys, tempfile
${SAY}
STATUS = ('Uid', 'Gid', 'Groups', 'CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb', 'NoNewPrivs', 'Seccomp', 'SigBlk', 'SigIgn',
          'SigCgt', 'Umask', 'Threads', 'Cpus_allowed')
OTHERS = ('RLIMIT_NPROC', 'RLIMIT_DATA', 'RLIMIT_AS')
def status(pid):
    with open('/proc/%s/status' % pid) as text:
        return dict(line.rstrip('\\n').split(':\\t', 1) for line in text if ':\\t' in line)
def look(pid):
    found = status(pid)
    return [found.get(name) for name in STATUS]
def parent(pid):
    return int(status(pid)['PPid'])
def workflow(a, b):
    libc, home = ctypes.CDLL(None), os.getcwd()
    death = ctypes.c_int()
    libc.prctl(2, ctypes.byref(death), 0, 0, 0)
    template = os.getppid()
    return say({
        'run': look('self'), 'template': look(template), 'supervisor': look(parent(template))[:8],
        'limits': {name: resource.getrlimit(getattr(resource, name)) for name in dir(resource)
                   if name.startswith('RLIMIT_') and name not in OTHERS},
        'processes': resource.getrlimit(resource.RLIMIT_NPROC)[0] >= 256,
        'data': resource.getrlimit(resource.RLIMIT_DATA)[0] > 0 and resource.getrlimit(resource.RLIMIT_AS)[0] > 0,
        'priority': [os.nice(0), os.sched_getscheduler(0)],
        'session': os.getsid(0) == os.getpgid(0) == parent(template),
        'ends with its parent': death.value, 'dumpable': libc.prctl(3, 0, 0, 0, 0),
        'environment': {name: value.replace(home, 'HOME') for name, value in sorted(os.environ.items())},
        'descriptors': sorted(os.listdir('/proc/self/fd')), 'left': os.listdir(home),
        'folder': [oct(os.stat(home).st_mode), os.stat(home).st_uid == os.getuid(), os.path.basename(os.path.dirname(home))],
        'temporary': tempfile.gettempdir() == home, 'program': os.path.basename(sys.argv[0]), 'words': len(sys.argv),
    })
`

for (const [name, options] of [
  ['with a network', { ...LANDLOCK, egress }],
  ['without', LANDLOCK],
] as const)
  test(`Z15: a copy sees of its walls what a sandbox that was started anew sees, ${name}`, async () => {
    const looks = async (zygotes: boolean) => {
      const pool = await openPool({ ...options, zygotes, spares: false })
      try {
        const found = (await ask(pool, LOOKS)) as Record<string, unknown>
        assert.equal(listZygotes().length, zygotes ? 1 : 0)
        return found
      } finally {
        await pool.close()
      }
    }
    const [anew, copy] = [await looks(false), await looks(true)]
    assert.ok(Object.keys(anew).length > 10)
    for (const key of ['processes', 'data', 'session', 'temporary']) assert.equal(copy[key], true, key)
    assert.deepEqual(copy, anew)
  })

describe('two copies of one zygote', () => {
  let opened: Promise<Pool> | null = null
  const pool = () => {
    // No worker ends for want of runs while a test looks at its process.
    opened ??= openPool({ ...LANDLOCK, egress, zygotes: true, spares: false, idleMs: 3_600_000 })
    return opened
  }
  after(async () => (await opened)?.close())

  const victim = `import os, signal, socket, threading, time
def workflow(a, b):
    signal.signal(signal.SIGUSR1, lambda number, frame: print('signalled', flush=True))
    os.environ['SECRET'] = 'kept'
    open('secret', 'w').close()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind('door')
    listener.listen(1)
    print('up', os.getpid(), os.getcwd(), flush=True)
    while True:
        time.sleep(0.01)
`

  test('Z16: neither read, signal, change, connect nor write each other, nor what they are copies of', async (t) => {
    const one = await startWaiting(pool, victim)
    const [, pid, home] = one.lines[0]?.split(' ') ?? []
    const [zygote] = listZygotes()
    // The run, its template, its supervisor, and the zygote.
    const targets = [Number(pid)]
    while (targets.at(-1) !== zygote && targets.length < 5) targets.push(parentOf(targets.at(-1) ?? 0))
    assert.equal(targets.length, 4)
    const scoped = !(await pool()).sandbox.notes.some((note) => /signal other/.test(note))
    if (!scoped) t.diagnostic('this kernel does not scope signals')
    const attacker = `import ctypes, json, os, resource, signal, socket
${SAY}
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *words):
    if libc.syscall(number, *words) == -1:
        raise OSError(ctypes.get_errno(), 'refused')
PTRACE, READV, WRITEV, OPEN, SEND, GETFD = (101, 310, 311, 434, 424, 438) if os.uname().machine == 'x86_64' else (117, 270, 271, 434, 424, 438)
def listens(path):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
def attacks(pid):
    # Their numbers can be listed by the same user, behind walls that are built anew too; what is behind them can't.
    for name in ('fd/0', 'fd/1', 'fd/4', 'fd/16', 'task/%d/fd/1' % pid, 'cwd', 'root', 'exe'):
        yield 'link ' + name, lambda name=name: os.readlink('/proc/%d/%s' % (pid, name))
        yield 'open ' + name, lambda name=name: os.close(os.open('/proc/%d/%s' % (pid, name), os.O_RDONLY | os.O_NONBLOCK)) or 'opened'
    for name in ('fdinfo/', 'map_files/', 'cwd/', 'root/'):
        yield name, lambda name=name: os.listdir('/proc/%d/%s' % (pid, name))
    for name in ('mem', 'environ', 'maps', 'smaps', 'auxv', 'io', 'stack', 'syscall', 'personality', 'exe'):
        yield name, lambda name=name: open('/proc/%d/%s' % (pid, name), 'rb').read(1)
    for name in ('oom_score_adj', 'coredump_filter', 'comm', 'clear_refs', 'timerslack_ns'):
        yield 'writes ' + name, lambda name=name: open('/proc/%d/%s' % (pid, name), 'w').write('1')
    yield 'attach', lambda: call(PTRACE, 16, pid, 0, 0)
    yield 'reads', lambda: call(READV, pid, 0, 0, 0, 0, 0)
    yield 'writes', lambda: call(WRITEV, pid, 0, 0, 0, 0, 0)
    yield 'limits', lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, 3))
    yield 'priority', lambda: os.setpriority(os.PRIO_PROCESS, pid, 19)
    yield 'processors', lambda: os.sched_setaffinity(pid, {0})
    if ${scoped ? 'True' : 'False'}:
        yield 'signal', lambda: os.kill(pid, 0)
        yield 'kill', lambda: os.kill(pid, signal.SIGUSR1)
        yield 'group', lambda: os.killpg(os.getpgid(pid), signal.SIGUSR1)
        yield 'pidfd', lambda: call(SEND, os.pidfd_open(pid), signal.SIGUSR1, 0, 0)
def workflow(a, b):
    home, through = ${JSON.stringify(home)}, []
    files = [('lists', lambda: os.listdir(home)), ('above', lambda: os.listdir(os.path.dirname(home))), ('reads', lambda: open(home + '/secret')),
             ('creates', lambda: open(home + '/mine', 'w')), ('removes', lambda: os.unlink(home + '/secret')),
             ('renames', lambda: os.rename(home + '/secret', 'mine')), ('links', lambda: os.link(home + '/secret', 'mine')),
             ('door', lambda: listens(home + '/door'))]
    for where, found in [('home', files)] + [(pid, attacks(pid)) for pid in ${JSON.stringify(targets)}]:
        for name, attack in found:
            try:
                through.append('%s %s: %r' % (where, name, attack()))
            except OSError:
                pass
    return say(through)
`
    const through = (await ask(pool, attacker, 'attacker')) as string[]
    // An empty answer of the kernel for the memory of a process that is gone or another's is no answer.
    assert.deepEqual(
      through.filter((found) => !/^\d+ \w+: b''$/.test(found)),
      [],
    )
    assert.equal(one.outcome, null)
    assert.deepEqual(one.lines, [`up ${pid} ${home}`])
    assert.deepEqual(readdirSync(home ?? '').sort(), ['door', 'secret'])
    await one.stop()
  })

  test('Z17: are made by a process without capabilities and new privileges, and their supervisors hold no descriptor', async () => {
    const one = await startWaiting(pool)
    const zygotes = listZygotes()
    assert.equal(zygotes.length, 1)
    const supervisors = listTemplates()
    for (const pid of [...zygotes, ...supervisors]) {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8')
      for (const set of ['CapPrm', 'CapEff', 'CapAmb']) assert.match(status, new RegExp(`^${set}:\\t0+$`, 'm'))
      assert.match(status, /^NoNewPrivs:\t1$/m)
      assert.match(status, /^Threads:\t1$/m)
      assert.ok(ownersOf(pid).every((uid) => uid !== 0))
    }
    assert.ok(supervisors.length >= 1)
    // They are hidden from a server that is an ordinary user, too. A new one closes them after its fork.
    if (isRoot()) await until(() => supervisors.every((pid) => readdirSync(`/proc/${pid}/fd`).length === 0))
    await one.stop()
  })
})

test('Z18: a zygote that dies ends its sandboxes with all that they have started, and their folders', async () => {
  await withPool(LANDLOCK, async (pool) => {
    const one = await startWaiting(
      pool,
      `import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.closerange(0, 64)
        time.sleep(1000)
    os._exit(0)
def workflow(a, b):
    print('up', os.getcwd(), flush=True)
    time.sleep(600)
`,
    )
    const [zygote = 0] = listZygotes()
    const below = listTree(zygote).slice(1)
    assert.ok(below.length >= 4, `${below}`)
    const home = one.lines[0]?.split(' ')[1] ?? ''
    process.kill(zygote, 'SIGKILL')
    assert.equal((await one.ended).code, 'crashed')
    await until(() => below.every((pid) => commandOf(pid) === ''))
    await until(() => readdirSync(join(home, '..')).length === 0)
  })
})

test('Z19: what a zygote imports is behind Landlock, too', async () => {
  const runtimesDir = mkdtempSync(join(tmpdir(), 'runtimes-'))
  try {
    cpSync(RUNTIMES, runtimesDir, { recursive: true })
    const tries = `\n_found = _find_problem\ndef _find_problem():\n    open('/etc/passwd')\n    return _found()\n`
    appendFileSync(join(runtimesDir, 'workflow_runtime/process/zygote.py'), tries)
    await withPool({ ...LANDLOCK, runtimesDir }, async (pool) => {
      assert.match(pool.sandbox.notes.join('\n'), /started anew.*PermissionError.*\/etc\/passwd/s)
    })
  } finally {
    rmSync(runtimesDir, { recursive: true })
  }
})

const skip = isRoot() ? false : 'only a server that is root has other users'
test('Z20: sandboxes that have a user of their own each are started anew, and a note says why', { skip }, async () => {
  await withPool({ sandbox: 'landlock' }, async (pool) => {
    assert.match(pool.sandbox.notes.join('\n'), /started anew.*a user of its own/)
    assert.equal(await ask(pool, `import json\n${SAY}\ndef workflow(a, b):\n    return say('served')\n`), 'served')
    assert.deepEqual(listZygotes(), [])
  })
})
