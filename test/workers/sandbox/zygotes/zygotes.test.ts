/** Zygotes: the four traps of sandboxes that are copies of one process, and what a zygote may and may not cost. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import type { PoolOptions } from '../../../../src/workers/pool/options.ts'
import type { Pool } from '../../../../src/workers/pool/pool.ts'
import { isRoot } from '../../../../src/workers/sandbox/machine/reach.ts'
import { oneUser } from '../../../../src/workers/sandbox/machine/users.ts'
import { listTree, ownersOf, residentBytes } from '../../../../src/workers/sandbox/process/processes.ts'
import { commandOf, listWorkerProcesses, listZygotes, makeJob, openPool } from '../../../helpers/pool.ts'
import { ask, listTemplates, SAY, startWaiting, until, withPool } from '../../../helpers/zygotes.ts'

const ROOT = join(import.meta.dirname, '../../../..')
/** `ZYGOTE_SANDBOXES=2000 npm test -- …` for the long form. */
const MANY = Number(process.env.ZYGOTE_SANDBOXES ?? 60)
const NAMESPACES = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'user', 'uts']

/** Without users of their own the sandboxes are the same user as their zygote, as on a server that is an ordinary user. */
const SHARED: Partial<PoolOptions> = isRoot() ? { users: oneUser(65_534) } : {}
const LANDLOCK: Partial<PoolOptions> = { ...SHARED, sandbox: 'landlock' }
const KINDS: readonly { readonly name: string; readonly options: Partial<PoolOptions> }[] = [
  { name: 'of the same user', options: SHARED },
  ...(isRoot() ? [{ name: 'with users of their own', options: {} }] : []),
  { name: 'behind Landlock', options: LANDLOCK },
]
for (const { name, options } of KINDS) describe(`sandboxes of one zygote, ${name}`, () => testSandboxes(options))

function testSandboxes(options: Partial<PoolOptions>): void {
  let opened: Promise<Pool> | null = null
  const pool = () => {
    // No worker ends for want of runs while a test looks at its process.
    opened ??= openPool({ zygotes: true, spares: false, idleMs: 3_600_000, ...options })
    return opened
  }
  after(async () => (await opened)?.close())

  test('Z02: draw different random numbers, from OpenSSL too, when the module loads and in the run', async () => {
    const source = `import json, random, requests, secrets, ssl, uuid
loaded = [ssl.RAND_bytes(8).hex(), random.random(), secrets.token_hex(8), str(uuid.uuid4())]
${SAY}
def workflow(a, b):
    return say(loaded + [ssl.RAND_bytes(8).hex(), random.random(), secrets.token_hex(8), str(uuid.uuid4())])
`
    // Here OpenSSL of the template has drawn nothing, and the run has the process id that the zygote has in its own namespace.
    const late = `import json, requests, ssl\n${SAY}\ndef workflow(a, b):\n    return say([ssl.RAND_bytes(8).hex()])\n`
    const drawn = [source, late].flatMap((text) =>
      ['one', 'two', 'three'].map((key) => ask(pool, text, `${text}${key}`)),
    )
    const numbers = (await Promise.all(drawn)).flat() as unknown[]
    assert.equal(numbers.length, 27)
    assert.equal(new Set(numbers).size, numbers.length, `${numbers}`)
  })

  test('Z03: end only themselves with kill(0, 9) and kill(-1, 9)', async () => {
    const other = await startWaiting(pool)
    const zygotes = listZygotes()
    const source = `import os
def workflow(a, b):
    try:
        os.kill(-1, 9)
    except ProcessLookupError:
        pass  # there is no other process
    os.kill(0, 9)
`
    const { status, code } = await (await pool()).execute(makeJob({ source, versionKey: 'kills' }))
    assert.deepEqual({ status, code }, { status: 'failed', code: 'crashed' })
    assert.deepEqual(listZygotes(), zygotes)
    assert.equal(other.outcome, null)
    await other.stop()
  })

  if (options.sandbox === 'landlock') return // landlock.test.ts is about its walls

  test('Z04: read nothing of the process that they are a copy of', async () => {
    const source = `import json, os
${SAY}
def reach(path):
    try:
        return os.listdir(path) if path.endswith('/') else open(path, 'rb').read(1).hex()
    except OSError as error:
        return 'E'
def workflow(a, b):
    return say([reach('/proc/1/' + name) for name in ('fd/', 'mem', 'environ', 'maps', 'root/', 'cwd/', 'map_files/', 'fdinfo/')])
`
    assert.deepEqual(await ask(pool, source), Array(8).fill('E'))
  })

  test('Z05: are made by a process without capabilities, which is no root', async () => {
    await ask(pool, `import json\n${SAY}\ndef workflow(a, b):\n    return say(1)\n`)
    const zygotes = listZygotes()
    assert.ok(zygotes.length >= 1)
    for (const pid of zygotes) {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8')
      for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
        assert.match(status, new RegExp(`^${set}:\\t0+$`, 'm'))
      assert.match(status, /^NoNewPrivs:\t1$/m)
      assert.match(status, /^Threads:\t1$/m)
      assert.ok(ownersOf(pid).every((uid) => uid !== 0))
    }
  })

  test('Z06: share no namespace with each other, with the zygote or with the server', async () => {
    const [one, two] = [await startWaiting(pool), await startWaiting(pool)]
    const areOwn = (name: string) => {
      const of = (pid: number) => readlinkSync(`/proc/${pid}/ns/${name}`)
      const sandboxes = listTemplates().map(of)
      const others = [process.pid, ...listZygotes()].map(of)
      return new Set([...sandboxes, ...others]).size === sandboxes.length + new Set(others).size
    }
    // A sandbox may be starting. It gets its namespaces before any user code.
    for (const name of NAMESPACES)
      await until(
        () => areOwn(name),
        () => `a namespace of its own, ${name},`,
      )
    await Promise.all([one.stop(), two.stop()])
  })

  test('Z07: neither see, signal, connect nor read each other', async () => {
    const victim = `import json, os, socket, time
def workflow(a, b):
    tcp = socket.socket(); tcp.bind(('127.0.0.1', 4499)); tcp.listen()
    unix = socket.socket(socket.AF_UNIX); unix.bind('\\0victim'); unix.listen()
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); udp.bind(('127.0.0.1', 4498)); udp.settimeout(0.01)
    for folder in ('/tmp', '/dev/shm'):
        open(folder + '/victim', 'w').close()
    print('up', flush=True)
    while True:
        try:
            print('reached by', udp.recv(9), flush=True)
        except socket.timeout:
            pass
`
    const attacker = `import json, os, socket
${SAY}
def attempt(function):
    try:
        return repr(function())
    except OSError as error:
        return None
def connect(family, address):
    with socket.socket(family) as client:
        client.connect(address)
        return 'connected'
def workflow(a, b):
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 4498))
    return say([
        sorted(int(name) for name in os.listdir('/proc') if name.isdigit()) == [1, os.getpid()] or 'sees others',
        [pid for pid in range(1, 2000) if pid not in (1, os.getpid()) and attempt(lambda: os.kill(pid, 0))],
        attempt(lambda: os.kill(1, 9)) and os.path.exists('/proc/1') or 'template is gone',
        attempt(lambda: connect(socket.AF_INET, ('127.0.0.1', 4499))), attempt(lambda: connect(socket.AF_UNIX, '\\0victim')),
        os.path.exists('/tmp/victim'), os.path.exists('/dev/shm/victim'), os.listdir('/proc/self/fd') == ['0', '1', '2', '3', '4'],
    ])
`
    const one = await startWaiting(pool, victim)
    assert.deepEqual(await ask(pool, attacker, 'attacker'), [true, [], true, null, null, false, false, true])
    assert.equal(one.outcome, null)
    assert.deepEqual(one.lines, ['up'])
    await one.stop()
  })

  test('Z08: are ended before their zygote, and both before the server, when memory runs out', async () => {
    const one = await startWaiting(pool)
    const score = (pid: number) => Number(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8'))
    for (const pid of listZygotes()) assert.equal(score(pid), 900)
    // A spare sandbox may be under way: it gets its score before any user code.
    await until(() => listWorkerProcesses().every((pid) => existsSync(`/proc/${pid}`) && score(pid) === 1000))
    await one.stop()
  })

  const skip = options.users === undefined && isRoot() ? false : 'only a server that is root has other users'
  test('Z09: have a user and a cgroup of their own each', { skip }, async () => {
    const [one, two] = [await startWaiting(pool), await startWaiting(pool)]
    let users: (number | undefined)[] = []
    // A sandbox may be starting. It gets its user before any user code.
    await until(
      () => {
        users = listTemplates().map((pid) => ownersOf(pid)[0])
        const areOwn = listZygotes().every((pid) => !users.includes(ownersOf(pid)[0]))
        return areOwn && new Set(users).size === users.length
      },
      () => `a user of its own (${users})`,
    )
    if ((await pool()).sandbox.notes.some((note) => note.includes('is a cgroup')))
      await until(
        () => {
          const boxes = listTemplates().map((pid) => readFileSync(`/proc/${pid}/cgroup`, 'utf8'))
          return new Set(boxes).size === boxes.length
        },
        () => 'a cgroup of its own',
      )
    await Promise.all([one.stop(), two.stop()])
  })
}

for (const [tier, common] of [
  ['bwrap', {}],
  ['landlock', LANDLOCK],
] as const)
  describe(`a zygote, ${tier}`, () => testZygote(common))

function testZygote(common: Partial<PoolOptions>): void {
  test('Z10: that dies costs its runs and nothing else', async () => {
    await withPool(common, async (pool) => {
      const one = await startWaiting(pool)
      const [zygote = 0] = listZygotes()
      process.kill(zygote, 'SIGKILL')
      const { status, code } = await one.ended
      assert.deepEqual({ status, code }, { status: 'failed', code: 'crashed' })
      assert.equal(await ask(pool, `import json\n${SAY}\ndef workflow(a, b):\n    return say('served')\n`), 'served')
      assert.ok(!listZygotes().includes(zygote))
    })
  })

  for (const [what, limits] of [
    ['two sandboxes', { maxSandboxes: 2 }],
    ['its time', { maxAgeMs: 0 }],
  ] as const) {
    test(`Z11: is renewed after ${what}, and ends with its last sandbox`, async () => {
      await withPool({ ...common, zygotes: limits, idleMs: 1, reapMs: 10 }, async (pool) => {
        const one = await startWaiting(pool)
        const [first = 0] = listZygotes()
        for (let turn = 0; turn < 6; turn += 1)
          await ask(pool, `import json\n${SAY}\ndef workflow(a, b):\n    return say(${turn})\n`)
        await until(() => listZygotes().some((pid) => pid !== first))
        assert.ok(listZygotes().includes(first), 'its run goes on')
        assert.equal(one.outcome, null)
        await one.stop()
        await until(() => !listZygotes().includes(first))
      })
    })
  }

  test('Z14: ends with its server, even when that is killed', async () => {
    const program = `
const { openPool } = await import(${JSON.stringify(join(ROOT, 'test/helpers/pool.ts'))})
const { oneUser } = await import(${JSON.stringify(join(ROOT, 'src/workers/sandbox/machine/users.ts'))})
const users = ${'users' in common} ? { users: oneUser(65534) } : {}
await openPool({ zygotes: true, spares: false, sandbox: '${common.sandbox ?? 'bwrap'}', ...users })
console.log('up')
setInterval(() => {}, 1e9)
`
    const server = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(server.stdout, 'data')
    const below = listTree(server.pid ?? 0).slice(1)
    assert.ok(below.some((pid) => commandOf(pid).includes('zygote.py')))
    server.kill('SIGKILL')
    await until(() => below.every((pid) => commandOf(pid) === ''))
  })

  test('Z12: that cannot be had leaves the server with a new sandbox for each worker, and a note', async () => {
    const runtimesDir = mkdtempSync(join(tmpdir(), 'runtimes-'))
    try {
      cpSync(join(ROOT, 'runtimes'), runtimesDir, { recursive: true })
      writeFileSync(join(runtimesDir, 'zygote.py'), "raise SystemExit('no zygote today')\n")
      await withPool({ ...common, runtimesDir }, async (pool) => {
        assert.match(pool.sandbox.notes.join('\n'), /started anew.*no zygote today/)
        assert.equal(await ask(pool, `import json\n${SAY}\ndef workflow(a, b):\n    return say('served')\n`), 'served')
        assert.deepEqual(listZygotes(), [])
      })
    } finally {
      rmSync(runtimesDir, { recursive: true })
    }
  })

  test(`Z13: makes ${MANY} sandboxes, one after the other, without growth`, async () => {
    await withPool({ ...common, maxWorkers: 1, zygotes: { maxSandboxes: 1e9, maxAgeMs: 1e9 } }, async (pool) => {
      const make = (count: number) =>
        rounds(count, (turn) => ask(pool, `import json\n${SAY}\ndef workflow(a, b):\n    return say(${turn})\n`))
      await make(20)
      const [zygote = 0] = listZygotes()
      const measure = () => ({
        zygote: listZygotes(),
        descriptors: readdirSync(`/proc/${zygote}/fd`).length,
        workers: listWorkerProcesses().length,
      })
      const processes = common.sandbox === 'landlock' ? 3 : 2
      await until(() => listWorkerProcesses().length === processes)
      const before = measure()
      const own = readdirSync('/proc/self/fd').length
      const makeMany = async () => {
        const resident = residentBytes(zygote)
        await make(MANY)
        await until(
          () => {
            const now = measure()
            // While the zygote rehearses, it has some descriptors more.
            return (
              now.descriptors <= before.descriptors &&
              isDeepStrictEqual({ ...now, descriptors: 0 }, { ...before, descriptors: 0 })
            )
          },
          () => JSON.stringify([before, measure()]),
        )
        return residentBytes(zygote) - resident
      }
      let grown = await makeMany()
      // A zygote rehearses once, in its first quiet moment, and keeps 2 MiB of it. On a busy machine that comes after the first 20.
      if (grown >= 1024 * 1024) grown = await makeMany()
      // What is open for a moment may be counted in one of the two.
      assert.ok(readdirSync('/proc/self/fd').length <= own + 5)
      assert.ok(grown < 1024 * 1024, `the zygote grew by ${grown} bytes`)
    })
  })
}

async function rounds(count: number, work: (turn: number) => Promise<unknown>): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await work(turn)
}
