/** The tier `landlock`, on a kernel that really forbids user namespaces, as in an unmodified Docker container. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Outcome } from '../../../src/domain/runs/run.ts'
import { createEgress } from '../../../src/workers/egress/egress.ts'
import type { Pool } from '../../../src/workers/pool/pool.ts'
import { listTree } from '../../../src/workers/sandbox/process/processes.ts'
import { bareUsers } from '../../helpers/bare-sandbox.ts'
import { functionSource, listZygotes, makeJob, openPool, quietLog } from '../../helpers/pool.ts'
import { FORBIDDEN_BWRAP, folderWith } from '../../helpers/programs.ts'

const server = createServer((request, response) => response.end(`found ${request.url}`)).listen(0, '127.0.0.1')
const forbidden = net.createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
await Promise.all([server, forbidden].map((one) => one.listening || once(one, 'listening')))
const egress = await createEgress({
  allow: [
    { host: 'localhost', port: portOf(server) },
    { host: 'database.test', port: portOf(server) },
  ],
  resolve: async () => ['127.0.0.1'],
  runtimesDir: join(import.meta.dirname, '../../../runtimes'),
  log: quietLog,
  ...bareUsers,
})
const bwrap = folderWith('bwrap', FORBIDDEN_BWRAP)
const others = mkdtempSync(join(tmpdir(), 'workflows-test-others-'))
chmodSync(others, 0o755)
writeFileSync(join(others, 'readable'), 'a file of the host that everybody may read')
after(async () => {
  await egress.close()
  bwrap.remove()
  rmSync(others, { recursive: true })
  server.close()
  forbidden.close()
})

let pool: Pool
for (const [way, zygotes] of [
  ['made by a zygote', true],
  ['started anew', false],
] as const)
  describe(`a function behind Landlock, ${way}`, () => {
    before(async () => {
      pool = await openPool({ spares: false, sandbox: 'auto', programFolders: [bwrap.path], egress, zygotes })
    })
    after(() => pool.close())
    testWalls(zygotes)
  })

function testWalls(zygotes: boolean): void {
  test('auto takes Landlock, and says why and what it does not isolate', () => {
    assert.equal(egress.problem, null)
    assert.equal(pool.sandbox.tier, 'landlock')
    assert.equal(listZygotes().length, zygotes ? 1 : 0)
    const [first = '', second = ''] = pool.sandbox.notes
    assert.match(
      first,
      /^WARNING: .*without a sandbox of namespaces \(bwrap: No permissions to create a? ?new namespace/,
    )
    assert.match(second, /^What is not isolated: .*processes.*arguments/)
  })

  test('X01: reads no file but the system programs and its own', async () => {
    const paths = ['/etc/shadow', '/etc/passwd', '/root', '/home', '/var', '/tmp', '/sys', '/dev/shm', '/etc', '/']
    paths.push(others, join(others, 'readable'), import.meta.filename, process.cwd())
    assert.deepEqual(await tries(paths.map((path) => [path, `os.open(${JSON.stringify(path)}, os.O_RDONLY)`])), [])
    assert.equal((await body('open("kept", "w").write("x") and open("kept").read()')).trim(), 'x')
  })

  test('X01: writes nowhere but in its own folder', async () => {
    const folders = ['/', '/tmp', '/var/tmp', '/dev/shm', '/usr', '/etc', others, '..']
    assert.deepEqual(await tries(folders.map((path) => [path, `open(${JSON.stringify(`${path}/left`)}, "w")`])), [])
    const file = JSON.stringify(join(others, 'readable'))
    assert.deepEqual(
      await tries([
        ['append', `open(${file}, "a")`],
        ['truncate', `os.truncate(${file}, 0)`],
        ['unlink', `os.unlink(${file})`],
        ['link', `os.link(${file}, "mine")`],
        ['rename', `os.rename(${file}, "mine")`],
      ]),
      [],
    )
  })

  test('X02 X03 Z3-99: reads no memory or environment of others, writes no kernel setting', async () => {
    const of = (pid: string | number) =>
      ['mem', 'environ', 'maps', 'fd/0', 'root/etc/passwd'].map((name) => `/proc/${pid}/${name}`)
    const read = [...of(1), ...of(process.pid), '/proc/kcore', '/proc/kmsg']
    const write = [
      '/proc/sys/kernel/core_pattern',
      '/proc/sysrq-trigger',
      '/proc/sys/vm/drop_caches',
      '/proc/1/oom_score_adj',
    ]
    assert.deepEqual(
      await tries([
        ...read.map((path): Try => [path, `os.open(${JSON.stringify(path)}, os.O_RDONLY)`]),
        ...write.map((path): Try => [path, `os.open(${JSON.stringify(path)}, os.O_WRONLY)`]),
        ['the template', 'os.open("/proc/%d/mem" % os.getppid(), os.O_RDONLY)'],
        ['a descriptor', `os.readlink("/proc/${process.pid}/fd/0")`],
      ]),
      [],
    )
  })

  test('X06: signals neither the server nor its template, from Linux 6.12 on', async (t) => {
    if (pool.sandbox.notes.some((note) => /signal other/.test(note)))
      return t.skip('this kernel does not scope signals')
    assert.deepEqual(
      await tries([
        ['the server', `os.kill(${process.pid}, 0)`],
        ['the template', 'os.kill(os.getppid(), 9)'],
      ]),
      [],
    )
  })

  test('Y06: changes no limit, priority or processor of the server or the template', async () => {
    const of = (pid: string): Try[] => [
      [`cpu limit of ${pid}`, `resource.prlimit(${pid}, resource.RLIMIT_CPU, (600, 600))`],
      [`files of ${pid}`, `resource.prlimit(${pid}, resource.RLIMIT_NOFILE, (300, 300))`],
      [`priority of ${pid}`, `os.setpriority(os.PRIO_PROCESS, ${pid}, 10)`],
      [`processors of ${pid}`, `os.sched_setaffinity(${pid}, {0})`],
      [`policy of ${pid}`, `os.sched_setscheduler(${pid}, os.SCHED_IDLE, os.sched_param(0))`],
    ]
    const group: Try = ['priority of the user', 'os.setpriority(os.PRIO_USER, 0, 10)']
    assert.deepEqual(await tries([...of(String(process.pid)), ...of('os.getppid()'), group]), [])
  })

  test('X07 X08: may not make the system calls that lead out, and gains nothing from setuid', async () => {
    for (const name of ['X07', 'X07 sockets'] as const) {
      const answers: Record<string, string> = JSON.parse(await attack(name))
      for (const [what, answer] of Object.entries(answers)) assert.match(answer, /^E[A-Z]+$/, what)
    }
    assert.match(await attack('X08'), /"no new privileges": true/)
  })

  test('X12 X13 X14: has four descriptors, no terminal and no core dump', async () => {
    assert.equal(await attack('X12'), '[0, 1, 2, 3]')
    assert.match(await attack('X13'), /"tty": "E[A-Z]+"/)
    assert.equal(await attack('X14'), '[0, 0]')
  })

  test('X10 X11: finds nothing of another workflow that runs at the same time', async () => {
    const source = `
import glob, os, time
def workflow(_request, settings):
    open('mine', 'w').close()
    time.sleep(0.3)
    seen = []
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            seen.append(os.listdir('/proc/%s/cwd' % pid))
        except OSError:
            pass
    return {'status_code': 200, 'body': repr((os.listdir('.'), sum('mine' in names for names in seen)))}
`
    const runs = ['one', 'two'].map((versionKey) => pool.execute(makeJob({ source, versionKey })))
    // Its own folder alone, which the template and the child that waits share.
    for (const { response, traceback } of await Promise.all(runs))
      assert.match(response?.body ?? '', /^\(\['mine'\], [1-4]\)$/, traceback ?? '')
  })

  test('F12 F22 X09: leaves neither processes nor files', async () => {
    const source = `
import os, subprocess
def workflow(_request, settings):
    left = os.listdir('.')
    os.mkdir('a')
    subprocess.Popen(['sleep', '1000'], start_new_session=True)
    if os.fork() == 0:
        os.setsid()
        os.fork() or os.execvp('sleep', ['sleep', '1000'])
        os._exit(0)
    return {'status_code': 200, 'body': repr(left)}
`
    for (const isolation of ['fresh', 'reuse'] as const)
      for (let run = 0; run < 3; run += 1)
        assert.equal((await pool.execute(makeJob({ source, isolation, versionKey: isolation }))).response?.body, '[]')
    await untilQuiet()
  })

  for (const end of ['os._exit(0)', 'os.kill(os.getpid(), 9)', 'time.sleep(1000)'])
    test(`F12 X09: a module that forks and then does ${end} leaves no process either`, async () => {
      const source = `import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(1000)
    os._exit(0)
${end}
def workflow(_request, settings): pass
`
      const hangs = end.startsWith('time')
      const { code } = await pool.execute(makeJob({ source, ...(hangs && { timeoutMs: 1500 }) }))
      assert.equal(code, hangs ? 'timeout' : 'crashed')
      await untilQuiet()
    })

  test('F15: a fork bomb that never ends is bounded, and ended at its time limit', async () => {
    const source = `
import os, time
def workflow(_request, settings):
    while True:
        try:
            os.fork() or os.setsid()
        except OSError:
            time.sleep(0.01)
`
    const { code } = await pool.execute(makeJob({ source, timeoutMs: 1500 }))
    assert.equal(code, 'timeout')
    await untilQuiet()
    assert.equal((await body('"other runs go on"')).trim(), 'other runs go on')
  })

  test('X04: reaches what the operator allowed and nothing else, by name and by address', async () => {
    const [port, secret] = [portOf(server), portOf(forbidden)]
    const get = (host: string) =>
      `__import__("urllib.request").request.urlopen("http://${host}:${port}/x", timeout=20).read().decode()`
    assert.equal(await body(get('127.0.0.1')), 'found /x')
    assert.equal(await body(get('database.test')), 'found /x')
    const socketTo = (host: string): Try => [host, `socket.create_connection((${JSON.stringify(host)}, ${secret}), 5)`]
    assert.deepEqual(await tries(['127.0.0.1', '::1', '0.0.0.0', '10.1.2.3', '169.254.169.254'].map(socketTo)), [])
    assert.deepEqual(
      await tries([
        ['datagrams', 'socket.socket(socket.AF_INET, socket.SOCK_DGRAM)'],
        ['unix datagrams', 'socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)'],
        ['a pair of datagrams', 'socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)'],
        ['a server', 'socket.socket().listen()'],
      ]),
      [],
    )
  })

  test('X06: connects no unix socket but those in its folder, by no link either', async () => {
    const path = join(others, 'socket')
    const abstractName = `workflows-test-landlock-${process.pid}`
    const host = net.createServer((socket) => socket.destroy()).listen(path)
    const abstract = net.createServer((socket) => socket.destroy()).listen(`\0${abstractName}`)
    await Promise.all([host, abstract].map((one) => one.listening || once(one, 'listening')))
    chmodSync(path, 0o777)
    try {
      const connect = (address: string) => `socket.socket(socket.AF_UNIX).connect(${address})`
      assert.deepEqual(
        await tries([
          ['by path', connect(JSON.stringify(path))],
          ['by a link', `(os.symlink(${JSON.stringify(path)}, "link"), ${connect('os.getcwd() + "/link"')})`],
          ['around', connect('os.getcwd() + "/../../" + "x"')],
          ['an abstract one', connect(`b"\\0${abstractName}"`)],
        ]),
        [],
      )
      const own =
        'exec("s = socket.socket(socket.AF_UNIX); s.bind(\'own\'); s.listen(1); socket.socket(socket.AF_UNIX).connect(os.getcwd() + \'/own\')") or "connected"'
      assert.equal(await body(own), 'connected')
    } finally {
      host.close()
      abstract.close()
    }
  })
}

type Try = readonly [name: string, expression: string]

/** Those that did not fail with an OSError. */
async function tries(attempts: readonly Try[]): Promise<readonly string[]> {
  const source = `
import os, resource, socket
def workflow(_request, settings):
    through = []
    for name, text in ${JSON.stringify(attempts)}:
        try:
            through.append('%s: %r' % (name, eval(text)))
        except OSError:
            pass
    return {'status_code': 200, 'body': __import__('json').dumps(through)}
`
  return JSON.parse(bodyOf(await pool.execute(makeJob({ source }))))
}

async function body(expression: string): Promise<string> {
  const source = `import os, socket\ndef workflow(_request, settings):\n    return {'status_code': 200, 'body': str(${expression})}\n`
  return bodyOf(await pool.execute(makeJob({ source })))
}

async function attack(name: string): Promise<string> {
  return bodyOf(await pool.execute(makeJob({ source: functionSource('attacks'), case: name, versionKey: 'attacks' })))
}

function bodyOf({ response, message, traceback }: Outcome): string {
  assert.ok(response, `${message}\n${traceback}`)
  return response.body
}

/** Each worker has a supervisor, a template and the child that waits for its next run; nothing else lives but the zygotes. */
async function untilQuiet(): Promise<void> {
  const look = () => {
    const expected = 3 * pool.size.workers + listZygotes().length
    return { found: [ofPool().length, listTree(process.pid).length], expected: [expected, 2 + expected] }
  }
  let last = look()
  for (let turn = 0; turn < 6000 && !isDeepStrictEqual(last.found, last.expected); turn += 1) {
    await sleep(10)
    last = look()
  }
  assert.deepEqual(last.found, last.expected)
}

/** Wherever they were reparented to: a forked process keeps the command line, which names this pool's folder. */
function ofPool(): readonly string[] {
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(`/workflows-${process.pid}-`)
    } catch {
      return false
    }
  })
}

function portOf(listening: net.Server): number {
  const address = listening.address()
  assert.ok(typeof address === 'object' && address !== null)
  return address.port
}
