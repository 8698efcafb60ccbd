import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import net from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createEgress, type Egress } from '../../../src/workers/egress/egress.ts'
import { bareUsers, collect, startBareSandbox } from '../../helpers/bare-sandbox.ts'
import { functionSource, listPythons, makeJob, openPool, runToLimit } from '../../helpers/pool.ts'

const runtimesDir = join(import.meta.dirname, '../../../runtimes')
const installer = readFileSync(join(runtimesDir, 'workflow_runtime/confinement/network.py'), 'utf8')
const silent = { info: () => {}, warn: () => {} }

/** What every program below starts with: the network, the ports, and `outcome(function)` for what became of a call. */
const prelude = (ports: object): string => `
import asyncio, array, json, os, socket, subprocess, sys, threading, time, types, urllib.request
network = types.ModuleType('network')
exec(${JSON.stringify(installer)}, network.__dict__)
network.install(3)
ports = json.loads('${JSON.stringify(ports)}')
allowed, secret, full = ports['allowed'], ports['secret'], ports['full']
def outcome(function, *args):
    try:
        done = function(*args)
        return 'ok' if done is None or isinstance(done, socket.socket) else done
    except Exception as error:
        return type(error).__name__
def get(host, port=allowed):
    return urllib.request.urlopen('http://%s:%d/here' % (host, port), timeout=120).read().decode()
def connected(host, port=allowed, family=socket.AF_INET):
    sock = socket.socket(family)
    sock.connect((host, port))
    return sock
`

describe('functions with the egress broker', () => {
  const allowed = createServer((request, response) => response.end(`found ${request.url}`))
  const secret = net.createServer((socket) => {
    reached += 1
    socket.destroy()
  })
  const named = createServer((_, response) => response.end('found by name'))
  let reached = 0
  let full: Awaited<ReturnType<typeof startFullListener>>
  let slow: typeof full
  let dns: FakeNameserver
  let egress: Egress
  let ports: Record<string, number>

  before(async () => {
    await Promise.all([
      once(allowed.listen(0, '127.0.0.1'), 'listening'),
      once(named.listen(0, '127.0.0.1'), 'listening'),
      once(secret.listen(0, '127.0.0.1'), 'listening'),
    ])
    full = await startFullListener()
    dns = await startNameserver()
    ports = { allowed: portOf(allowed), secret: portOf(secret), full: full.port, dns: dns.port }
    slow = await startFullListener()
    egress = await createEgress({
      allow: [
        { host: 'localhost', port: portOf(allowed) },
        { host: 'Database.test', port: portOf(named) },
        ...[full, slow].map(({ port }) => ({ host: '127.0.0.1', port })),
      ],
      resolve: async (name) => (name === 'database.test' ? ['127.0.0.1', '::1'] : []),
      nameservers: [{ host: '127.0.0.1', port: dns.port }],
      runtimesDir,
      log: silent,
      ...bareUsers,
    })
    assert.equal(egress.problem, null)
  })

  after(async () => {
    await egress?.close()
    full?.close()
    slow?.close()
    dns?.close()
    allowed.close()
    named.close()
    secret.close()
  })

  /** Runs a program in a sandbox with the broker's network; its last line is JSON. */
  async function run(program: string): Promise<unknown> {
    const child = await start(program)
    const ended = await collect(child)
    assert.deepEqual([ended.stderr, ended.code], ['', 0])
    return JSON.parse(ended.stdout)
  }

  async function start(program: string): Promise<ChildProcess> {
    const worker = await egress.connectWorker()
    assert.ok(worker !== null)
    const child = startBareSandbox({
      options: [
        '--dir',
        '/etc',
        '--ro-bind-data',
        '4',
        '/etc/resolv.conf',
        '--ro-bind-data',
        '5',
        '/etc/hosts',
        '--ro-bind-data',
        '6',
        '/etc/nsswitch.conf',
      ],
      command: ['/usr/bin/python3', '-I', '-c', prelude(ports) + program],
      stdio: ['ignore', 'pipe', 'pipe', worker, 'pipe', 'pipe', 'pipe'],
    })
    worker.destroy()
    const [, , , , ...pipes] = child.stdio
    for (const [index, text] of [egress.resolvConf, egress.hosts, 'hosts: files dns\n'].entries()) {
      const pipe = pipes.at(index)
      assert.ok(pipe instanceof net.Socket)
      pipe.end(text)
    }
    return child
  }

  test('reach a private address that the operator allowed, by every kind of client', async () => {
    assert.deepEqual(
      await run(`
async def by_asyncio():
    reader, writer = await asyncio.open_connection('localhost', allowed)
    writer.write(b'GET /async HTTP/1.0\\r\\n\\r\\n')
    answer = await reader.read()
    writer.close()
    return answer.decode().split('\\r\\n')[-1]
from concurrent.futures import ThreadPoolExecutor
child = subprocess.run([sys.executable, '-c', 'import socket; socket.create_connection(("127.0.0.1", %d))' % allowed])
mapped = connected('::ffff:127.0.0.1', allowed, socket.AF_INET6)
print(json.dumps([
    get('127.0.0.1'), get('localhost'), asyncio.run(by_asyncio()),
    set(ThreadPoolExecutor(20).map(get, ['127.0.0.1'] * 40)) == {'found /here'},
    child.returncode, mapped.getpeername()[:2]]))
`),
      ['found /here', 'found /here', 'found /async', true, 0, ['::ffff:127.0.0.1', ports.allowed]],
    )
  })

  test('keep what they had set on the socket', async () => {
    assert.deepEqual(
      await run(`
sock = socket.socket()
sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
os.set_inheritable(sock.fileno(), True)
number = sock.fileno()
sock.connect(('127.0.0.1', allowed))
late = socket.socket()
late.settimeout(60)
late.connect(('127.0.0.1', allowed))
print(json.dumps([
    sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0, sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) != 0,
    os.get_inheritable(number), os.get_blocking(number), os.get_inheritable(late.fileno()), os.get_blocking(late.fileno())]))
`),
      [true, true, true, true, false, false],
    )
  })

  test('reach no private address of any spelling (X04)', async () => {
    reached = 0
    const answers = await run(`
targets = ['127.0.0.1', '127.1.2.3', '0.0.0.0', '2130706433', '0x7f000001', '169.254.169.254', '10.1.2.3', '172.16.0.1',
    '192.168.0.1', '100.64.0.1', '224.0.0.1', '255.255.255.255', '168.63.129.16', 'localhost']
targets6 = ['::1', '::', '::ffff:127.0.0.1', '::ffff:169.254.169.254', '::ffff:10.0.0.1', 'fd00:ec2::254', 'fe80::1',
    'ff02::1', '64:ff9b::7f00:1', '64:ff9b::a00:1', '2002:7f00:1::', '2001:db8::1', '::127.0.0.1']
print(json.dumps({name: outcome(connected, name, secret, family)
    for family, names in ((socket.AF_INET, targets), (socket.AF_INET6, targets6)) for name in names}))
`)
    assert.ok(typeof answers === 'object' && answers !== null)
    assert.equal(Object.keys(answers).length, 27)
    for (const [name, answer] of Object.entries(answers)) {
      // Nothing listens on the sandbox's own loopback; the rest is forbidden.
      const own = /^(127\.|0\.0\.0\.0|2130706433|0x7f000001|localhost|::1?$|::ffff:127\.)/.test(name)
      assert.equal(answer, own ? 'ConnectionRefusedError' : 'PermissionError', name)
    }
    assert.equal(reached, 0)
  })

  test('find no way around by name: DNS answers, rebinding, redirects (X05)', async () => {
    reached = 0
    dns.answers.set('metadata.test', ['169.254.169.254'])
    dns.answers.set('inside.test', ['127.0.0.1'])
    dns.answers.set('mixed.test', ['10.9.8.7', '192.168.1.1'])
    assert.deepEqual(
      await run(`
print(json.dumps([outcome(socket.create_connection, (name, secret)) for name in ('metadata.test', 'inside.test', 'mixed.test')]
    + [outcome(get, 'inside.test')]))
`),
      ['PermissionError', 'ConnectionRefusedError', 'PermissionError', 'found /here'],
    )
    assert.equal(reached, 0)
  })

  test('Z3-93 reach nothing by a name whose answer changes from a public address to inner ones', async () => {
    reached = 0
    const addresses = ['203.0.113.7', '169.254.169.254', '10.9.8.7', '127.0.0.1', '192.168.1.1']
    dns.turns.set('rebind.test', addresses)
    const found = (await run(`
def connect():
    [(family, kind, protocol, name, address)] = socket.getaddrinfo('rebind.test', secret, socket.AF_INET, socket.SOCK_STREAM)
    return [address[0], None if address[0].startswith('203.') else outcome(socket.create_connection, address)]
print(json.dumps([connect() for _ in range(20)]))
`)) as readonly unknown[]
    // The broker asks again if the answer is late, and then an address is left out.
    const outcomes = addresses.map((address) => [
      address,
      address === '203.0.113.7' ? null : address === '127.0.0.1' ? 'ConnectionRefusedError' : 'PermissionError',
    ])
    assert.deepEqual(new Set(found.map(String)), new Set(outcomes.map(String)))
    assert.equal(reached, 0)
  })

  test('resolve names over the host, short and long answers, and see what does not exist', async () => {
    dns.answers.set('one.test', ['203.0.113.7'])
    dns.answers.set(
      'many.test',
      Array.from({ length: 60 }, (_, index) => `203.0.113.${index + 1}`),
    )
    assert.deepEqual(
      await run(`
def resolve(name):
    return sorted({entry[4][0] for entry in socket.getaddrinfo(name, 443, 0, socket.SOCK_STREAM)})
print(json.dumps([resolve('one.test'), len(resolve('many.test')), outcome(resolve, 'absent.test'), resolve('localhost')[0]]))
`),
      [['203.0.113.7'], 60, 'gaierror', '127.0.0.1'],
    )
  })

  test('Z3-89 a name server that answers with less than a message ends nothing', async () => {
    dns.answers.set('one.test', ['203.0.113.7'])
    const before = brokersOf(process.pid)
    assert.deepEqual(
      await run(`
def resolve(name):
    return sorted({entry[4][0] for entry in socket.getaddrinfo(name, 443, socket.AF_INET, socket.SOCK_STREAM)})
print(json.dumps([outcome(resolve, '${SHORT}'), outcome(resolve, 'one.test')]))
`),
      ['gaierror', ['203.0.113.7']],
    )
    assert.deepEqual(brokersOf(process.pid), before)
  })

  test('find a name of the allow-list as the host resolves it', async () => {
    const program = `print(json.dumps([get('database.TEST', ${portOf(named)}), outcome(connected, 'database.test', secret)]))`
    assert.deepEqual(await run(program), ['found by name', 'ConnectionRefusedError'])
  })

  test('have their own loopback, unix sockets and processes', async () => {
    assert.deepEqual(
      await run(`
def talk(server, client, address):
    server.bind(address)
    server.listen(5)
    client.connect(server.getsockname())
    server.accept()[0].send(b'hello')
    return client.recv(9).decode()
unix = lambda: socket.socket(socket.AF_UNIX)
os.mkdir('/tmp/deep')
server = unix()
def wait_for_a_place():
    full = unix()
    full.bind('\\0full')
    full.listen(0)
    first = unix()
    first.connect('\\0full')
    threading.Timer(0.1, full.accept).start()
    return unix().connect('\\0full')
results = [talk(socket.socket(), socket.socket(), ('127.0.0.1', 0)), talk(unix(), unix(), '\\0abstract')]
results.append(talk(server, unix(), '/tmp/deep/one'))
os.symlink('/tmp/deep/one', '/tmp/link')
os.chdir('/tmp/deep')
results += [outcome(unix().connect, '../link'), outcome(unix().connect, '/tmp/none'), outcome(wait_for_a_place)]
datagram = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
results += [outcome(datagram.connect, ('127.0.0.1', 9)), outcome(datagram.connect, ('8.8.8.8', 53))]
from multiprocessing import get_context
with get_context('forkserver').Pool(2) as pool:
    results.append(pool.map(abs, [-1, -2]))
print(json.dumps(results))
`),
      ['hello', 'hello', 'hello', 'ok', 'FileNotFoundError', 'ok', 'ok', 'OSError', [1, 2]],
    )
  })

  test('wait no longer than their own timeout, and stop waiting when they end', async () => {
    assert.deepEqual(
      await run(`
sock = socket.socket()
sock.settimeout(0.3)
async def by_asyncio():
    await asyncio.wait_for(asyncio.open_connection('127.0.0.1', full), 0.3)
print(json.dumps([outcome(sock.connect, ('127.0.0.1', full)), outcome(asyncio.run, by_asyncio())]))
`).then((answer) => JSON.stringify(answer)),
      '["TimeoutError","TimeoutError"]',
    )
    const waiting = await start(`print('waiting', flush=True)\nconnected('127.0.0.1', full)`)
    assert.ok(waiting.stdout !== null)
    await once(waiting.stdout, 'data')
    waiting.kill('SIGKILL')
    await once(waiting, 'close')
    assert.equal(await run(`print(json.dumps(get('127.0.0.1')))`), 'found /here')
  })

  test('are not cut off by a signal while they wait for a connection', async () => {
    const waiting = await start(`
import signal
signal.signal(signal.SIGALRM, lambda number, frame: None)
print('waiting', flush=True)
signal.setitimer(signal.ITIMER_REAL, 0.1, 0.1)
print(json.dumps(connected('127.0.0.1', ${slow.port}).getpeername()))
`)
    const ended = collect(waiting)
    assert.ok(waiting.stdout !== null)
    await once(waiting.stdout, 'data')
    await sleep(400)
    slow.accept()
    assert.equal((await ended).stdout.trim(), `waiting\n["127.0.0.1", ${slow.port}]`)
  })

  test('make 200 connections at once', async () => {
    assert.equal(
      await run(`
async def one():
    reader, writer = await asyncio.open_connection('127.0.0.1', allowed)
    writer.write(b'GET /many HTTP/1.0\\r\\n\\r\\n')
    answer = await reader.read()
    writer.close()
    return answer.endswith(b'found /many')
async def all_of_them():
    return sum(await asyncio.gather(*(one() for _ in range(200))))
print(json.dumps(asyncio.run(all_of_them())))
`),
      200,
    )
  })

  test('cannot make anything else of a socket of the host', async () => {
    reached = 0
    assert.deepEqual(
      await run(`
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def disconnect(sock):
    if libc.connect(sock.fileno(), bytes(16), 16):
        raise OSError(ctypes.get_errno(), 'disconnect')
def failed():
    sock = socket.socket()
    sock.setblocking(False)
    sock.connect_ex(('127.0.0.1', full))
    return sock
sock = connected('127.0.0.1')
again = [outcome(disconnect, sock), outcome(sock.connect, ('127.0.0.1', secret)), outcome(sock.bind, ('127.0.0.1', 0)), outcome(sock.listen)]
again.append(outcome(sock.setsockopt, socket.SOL_SOCKET, 44, 0))
waiting = failed()
again += [outcome(disconnect, waiting), outcome(waiting.bind, ('127.0.0.1', 0)), outcome(waiting.listen), outcome(waiting.connect, ('127.0.0.1', full))]
sock.sendall(b'GET / HTTP/1.0\\r\\n\\r\\n')
while sock.recv(4096): pass
sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, array.array('i', [1, 0]).tobytes())
sock.shutdown(socket.SHUT_WR)
time.sleep(0.2)
again += [outcome(sock.bind, ('127.0.0.1', 0)), outcome(sock.listen), outcome(sock.connect, ('127.0.0.1', secret))]
print(json.dumps(again))
`),
      [
        'PermissionError',
        'OSError',
        'OSError',
        'PermissionError',
        'PermissionError',
        'PermissionError',
        'OSError',
        'PermissionError',
        'BlockingIOError',
        'OSError',
        'PermissionError',
        'ConnectionRefusedError',
      ],
    )
    assert.equal(reached, 0)
  })

  test('Y18: cannot ask a unix socket of the host which abstract names the host has', async (t) => {
    const name = `workflows-test-${process.pid}`
    const known = net.createServer((socket) => socket.destroy()).listen(`\0${name}`)
    t.after(() => known.close())
    await once(known, 'listening')
    assert.deepEqual(
      await run(`
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
resolver = socket.create_connection(('127.0.0.53', 53))
def ask(name, kind=socket.AF_UNIX):
    raw = kind.to_bytes(2, 'little') + b'\\0' + name
    ctypes.set_errno(0)
    libc.connect(resolver.fileno(), raw, len(raw))
    return ctypes.get_errno()
print(json.dumps([ask(b'${name}'), ask(b'absent'), libc.listen(resolver.fileno(), 1)]))
`),
      [13, 13, -1],
    )
  })

  test('cannot swap a socket of the host, or another address, into a connect that was judged', async () => {
    reached = 0
    assert.equal(await run(RACE), 'done')
    assert.equal(reached, 0)
  })

  test('do not disturb others with a flood of calls', async () => {
    const flood = await start(`
print('flooding', flush=True)
def connect():
    while True: outcome(connected, '127.0.0.1', secret)
for _ in range(8): threading.Thread(target=connect).start()
`)
    assert.ok(flood.stdout !== null)
    await once(flood.stdout, 'data')
    assert.equal(await run(`print(json.dumps([get('127.0.0.1') for _ in range(20)][-1]))`), 'found /here')
    flood.kill('SIGKILL')
    await once(flood, 'close')
  })
})

describe('a workflow in the real pool', () => {
  test('reaches an allowed server, and nothing else of the host, in every runtime', async (t) => {
    const server = createServer((request, response) => response.end(`found ${request.url}`)).listen(0, '127.0.0.1')
    t.after(() => server.close())
    await once(server, 'listening')
    const port = portOf(server)
    const egress = await createEgress({ allow: [{ host: 'localhost', port }], runtimesDir, log: silent })
    t.after(() => egress.close())
    const pool = await openPool({ egress, spares: false })
    t.after(() => pool.close())
    for (const { name } of listPythons(pool).filter(({ usable }) => usable)) {
      for (const isolation of ['fresh', 'reuse'] as const) {
        const source = functionSource('fetches')
        const outcome = await pool.execute(
          makeJob({ source, runtime: name, isolation, body: JSON.stringify({ port }) }),
        )
        assert.deepEqual([name, outcome.message, outcome.traceback], [name, null, null])
        assert.equal(outcome.response?.body.toString(), 'found /fetched, PermissionError, ConnectionRefusedError', name)
      }
    }
  })
})

describe('a workflow that waits for a connection until its time limit', () => {
  test('F35: says so', async (t) => {
    const full = await startFullListener()
    const egress = await createEgress({
      allow: [{ host: '127.0.0.1', port: full.port }],
      runtimesDir,
      log: silent,
      ...bareUsers,
    })
    const pool = await openPool({ egress, spares: false })
    t.after(async () => {
      full.close()
      await pool.close()
      await egress.close()
    })
    const source = `import socket
def workflow(_request, settings):
    socket.socket().connect(('127.0.0.1', ${full.port}))
`
    for (const { name } of listPythons(pool)) {
      const { code, traceback } = await runToLimit(
        (timeoutMs) => pool.execute(makeJob({ source, runtime: name, timeoutMs })),
        (outcome) => outcome.traceback?.includes('connect') === true,
      )
      assert.equal(code, 'timeout')
      assert.match(traceback ?? '', /^Main thread .*\n {2}File "workflow\.py", line 3, in workflow\n/, name)
    }
  })
})

describe('the broker', () => {
  test('is started again when it dies, and says so', async (t) => {
    const egress = await createEgress({ allow: [], runtimesDir, log: silent, ...bareUsers })
    t.after(() => egress.close())
    const [first] = brokersOf(process.pid)
    assert.ok(first !== undefined)
    const broken = new Promise<void>((resolve) => egress.onBroken(resolve))
    process.kill(Number(first), 'SIGKILL')
    await broken
    const worker = await egress.connectWorker()
    assert.ok(worker !== null)
    worker.destroy()
    const [second] = brokersOf(process.pid)
    assert.ok(second !== undefined && second !== first)
    await egress.close()
    assert.deepEqual(brokersOf(process.pid), [])
  })

  test('outlives sandboxes that end in the middle of their start', async (t) => {
    const egress = await createEgress({ allow: [], runtimesDir, log: silent, ...bareUsers })
    t.after(() => egress.close())
    const before = brokersOf(process.pid)
    const starts = async (program: string) => {
      const broker = await egress.connectWorker()
      assert.ok(broker !== null)
      const code = `import os, socket, types\nnetwork = types.ModuleType('network')\nexec(${JSON.stringify(installer)}, network.__dict__)\n${program}`
      const child = spawn('python3', ['-I', '-S', '-c', code], { stdio: ['ignore', 'ignore', 'inherit', broker] })
      broker.destroy()
      const [exit] = await once(child, 'exit')
      return exit
    }
    const gives = (data: string, fds: string) => `
broker = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, fileno=3)
broker.shutdown(socket.SHUT_RD)
broker.sendmsg([${data}], ${fds})
`
    const listener = `[(socket.SOL_SOCKET, socket.SCM_RIGHTS, network._listen().to_bytes(4, 'little'))]`
    for (const program of ['', gives("b'L'", '[]'), gives("b'L'", listener)]) assert.equal(await starts(program), 0)
    // A pipe is no listener of the kernel's: nothing that it brings is a call.
    const pipe = `[(socket.SOL_SOCKET, socket.SCM_RIGHTS, os.pipe()[0].to_bytes(4, 'little'))]`
    assert.equal(await starts(gives("b'L'", pipe)), 0)
    assert.equal(await starts('network.install(3)'), 0)
    assert.deepEqual(brokersOf(process.pid), before)
  })

  test('ends with its server, even when that is killed', async () => {
    const url = new URL('../../../src/workers/egress/egress.ts', import.meta.url).href
    const script = `
      const { createEgress } = await import(${JSON.stringify(url)})
      const log = { info() {}, warn() {} }
      await createEgress({ allow: [], runtimesDir: ${JSON.stringify(runtimesDir)}, log })
      console.log('ready')
      setInterval(() => {}, 1000)`
    const server = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(server.stdout, 'data')
    const [broker] = brokersOf(server.pid)
    assert.ok(broker !== undefined)
    server.kill('SIGKILL')
    for (let tries = 0; existsSync(`/proc/${broker}/fd`) && tries < 3000; tries += 1) await sleep(20)
    assert.equal(existsSync(`/proc/${broker}`), false)
  })

  test('that cannot be started leaves functions without any network', async () => {
    const warnings: string[] = []
    const log = {
      info: () => {},
      warn: (text: string) => {
        warnings.push(text)
      },
    }
    const egress = await createEgress({ allow: [], runtimesDir, log, python: '/nonexistent/python3' })
    assert.equal(await egress.connectWorker(), null)
    assert.match(egress.problem ?? '', /^Functions have no network: .*nonexistent/)
    assert.deepEqual(warnings, [egress.problem])
    await egress.close()
  })

  test('judges addresses as the registry of special ones says', () => {
    const program = `
import sys; sys.path.insert(0, sys.argv[1])
from egress import policy
print(' '.join(policy.classify(policy.plain(text), 443, {(policy.plain('10.0.0.5'), 443)}) for text in sys.argv[2].split()))`
    const judge = (addresses: string): string =>
      execFileSync('python3', ['-I', '-B', '-c', program, runtimesDir, addresses], { encoding: 'utf8' }).trim()
    assert.match(
      judge('1.1.1.1 8.8.8.8 172.15.0.1 172.32.0.1 100.128.0.1 2606:4700::1111 2001:4860:4860::8888'),
      /^(internet ?)+$/,
    )
    assert.match(
      judge(
        '10.0.0.4 100.64.0.1 100.127.255.255 169.254.1.1 172.16.0.1 172.31.255.255 192.0.0.192 192.168.1.1 198.18.0.1 ' +
          '224.0.0.1 240.0.0.1 255.255.255.255 0.1.2.3 168.63.129.16 fc00::1 fd00:ec2::254 fe80::1 ff02::1 64:ff9b::1 ' +
          '64:ff9b:1::1 2002:a00:1:: 2001::1 2001:db8::1 5f00::1 ::ffff:10.0.0.4 ::10.0.0.4 100::1 fec0::1',
      ),
      /^(forbidden ?)+$/,
    )
    assert.equal(judge('10.0.0.5 ::ffff:10.0.0.5 127.0.0.1 ::1 0.0.0.0'), 'allowed allowed own own own')
  })
})

/** A listener with a full queue that does not accept until asked: connections wait. */
const FULL_LISTENER = `
import socket, sys
server = socket.socket()
server.bind(('127.0.0.1', 0))
server.listen(0)
waiting = []
for _ in range(3):
    sock = socket.socket()
    sock.setblocking(False)
    sock.connect_ex(server.getsockname())
    waiting.append(sock)
print(server.getsockname()[1], flush=True)
sys.stdin.readline()
while True:
    waiting.append(server.accept())
`

async function startFullListener() {
  const child = spawn('python3', ['-I', '-c', FULL_LISTENER], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [line] = await once(child.stdout, 'data')
  return { port: Number(line), accept: () => child.stdin.write('accept\n'), close: () => child.kill() }
}

/**
 * One thread puts a socket of the host into the descriptor, and another address into the memory, of calls that another
 * thread makes all the time: to its own loopback and to a unix socket.
 */
const RACE = `
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
pack = lambda family, port, address: family.to_bytes(2, 'little') + port.to_bytes(2, 'big') + address + bytes(8)
evil, own = pack(2, secret, b'\\x7f\\0\\0\\1'), pack(2, 9, b'\\x7f\\0\\0\\1')
unix = (1).to_bytes(2, 'little') + b'\\0none' + bytes(9)
none = bytes(16)
address = ctypes.create_string_buffer(16)
host = connected('127.0.0.1')
host.setblocking(False)
target = socket.socket().detach()
spare = [socket.socket(), socket.socket(socket.AF_UNIX)]
stop = []
def swap():
    while not stop:
        for sock, raw in ((spare[0], own), (host, evil), (spare[1], unix), (host, none), (host, evil)):
            address[:16] = raw
            os.dup2(sock.fileno(), target)
thread = threading.Thread(target=swap)
thread.start()
for _ in range(1500):
    libc.connect(target, address, 16)
    libc.listen(target, 1)
stop.append(True)
thread.join()
print(json.dumps('done'))
`

/** Its answer is too long for a datagram, and over a stream it is two bytes. */
const SHORT = 'short.test'

type FakeNameserver = {
  readonly port: number
  readonly answers: Map<string, readonly string[]>
  /** One address in each answer, in turns, as a server that rebinds the name. */
  readonly turns: Map<string, string[]>
  close(): void
}

/** Answers A questions from its table; by UDP only what fits into 512 bytes, as name servers do. */
async function startNameserver(): Promise<FakeNameserver> {
  const answers = new Map<string, readonly string[]>()
  const turns = new Map<string, string[]>()
  const stream = net.createServer((socket) => {
    socket
      .on('error', () => {})
      .on('data', (data) => {
        if (data.includes(`\x05${SHORT.split('.')[0]}`))
          return socket.end(Buffer.concat([Buffer.from([0, 2]), data.subarray(2, 4)]))
        const answer = answerTo(data.subarray(2), answers, turns)
        socket.end(Buffer.concat([Buffer.from([answer.length >> 8, answer.length & 255]), answer]))
      })
  })
  const datagrams = createSocket('udp4', (question, { port, address }) => {
    const answer = answerTo(question, answers, turns)
    if (answer.length > 512 || question.includes(`\x05${SHORT.split('.')[0]}`)) answer.writeUInt16BE(0x8380, 2)
    datagrams.send(answer.length > 512 ? answer.subarray(0, 512) : answer, port, address)
  })
  const port = await listenOnOnePort(stream, datagrams)
  return {
    port,
    answers,
    turns,
    close: () => {
      stream.close()
      datagrams.close()
    },
  }
}

/** Another program may have the same port of the other protocol. */
async function listenOnOnePort(stream: net.Server, datagrams: Socket): Promise<number> {
  for (;;) {
    await once(stream.listen(0, '127.0.0.1'), 'listening')
    const port = portOf(stream)
    try {
      datagrams.bind(port, '127.0.0.1')
      await once(datagrams, 'listening')
      return port
    } catch {
      stream.close()
      await once(stream, 'close')
    }
  }
}

function answerTo(
  question: Buffer,
  answers: ReadonlyMap<string, readonly string[]>,
  turns: ReadonlyMap<string, string[]>,
): Buffer {
  const labels: string[] = []
  let end = 12
  for (let size = question[end] ?? 0; size !== 0; size = question[end] ?? 0) {
    labels.push(question.toString('latin1', end + 1, end + 1 + size))
    end += 1 + size
  }
  const name = labels.join('.').toLowerCase()
  const isAddress = question.readUInt16BE(end + 1) === 1
  const turn = isAddress ? (turns.get(name) ?? []).splice(0, 1) : []
  turns.get(name)?.push(...turn)
  const known = answers.get(name) ?? (turns.has(name) ? turn : undefined)
  const found = isAddress ? (known ?? []) : []
  const header = Buffer.alloc(12)
  question.copy(header, 0, 0, 2)
  header.writeUInt16BE(known === undefined ? 0x8183 : 0x8180, 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(found.length, 6)
  const records = found.map((address) =>
    Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split('.').map(Number)]),
  )
  return Buffer.concat([header, question.subarray(12, end + 5), ...records])
}

function portOf(server: net.Server): number {
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return address.port
}

/** The broker processes of a server. */
function brokersOf(pid: number | undefined): string[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter((text) => text !== '')
  return children.filter((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('egress/broker.py'))
}
