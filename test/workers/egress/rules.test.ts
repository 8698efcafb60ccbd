/** What each workflow may reach, and what one workflow can take from the others. */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import type { EgressRule } from '../../../src/domain/shared/egress.ts'
import { createEgress, type Egress } from '../../../src/workers/egress/egress.ts'
import type { Pool } from '../../../src/workers/pool/pool.ts'
import { makeJob, openPool } from '../../helpers/pool.ts'

const runtimesDir = join(import.meta.dirname, '../../../runtimes')
const log = { info: () => {}, warn: () => {} }
const server = createServer((_, response) => response.end('found'))
/** A name server that answers no question. It notes what arrives. */
const dns = createSocket('udp4')
const questions: Buffer[] = []
const RESOLVED: Readonly<Record<string, readonly string[]>> = {
  'crm.test': ['10.255.255.1'],
  'a.wild.test': ['10.255.255.2'],
  'metadata.wild.test': ['169.254.169.254'],
}
let egress: Egress
let pool: Pool
let port: number

before(async () => {
  dns.on('message', (message) => questions.push(message))
  dns.bind(0, '127.0.0.1')
  await Promise.all([once(server.listen(0, '127.0.0.1'), 'listening'), once(dns, 'listening')])
  port = portOf(server.address())
  egress = await createEgress({
    allow: [
      { host: 'localhost', port },
      { host: 'api.test', port },
      { host: 'a.api.test', port },
      { host: 'crm.test', port: 9 },
      { host: 'a.wild.test', port: 9 },
      { host: 'metadata.wild.test', port: 9 },
    ],
    deny: [{ address: '203.0.114.0', prefix: 24, family: 'ipv4', port: null }],
    resolve: async (name) => RESOLVED[name] ?? (name.endsWith('api.test') ? ['127.0.0.1'] : []),
    nameservers: [{ host: '127.0.0.1', port: dns.address().port }],
    runtimesDir,
    log,
  })
  assert.equal(egress.problem, null)
  pool = await openPool({ egress, spares: false })
})
after(async () => {
  await pool?.close()
  await egress?.close()
  server.close()
  dns.close()
})

const SOURCE = `import json, socket
kept = []
def attempt(host, port, seconds):
    try:
        kept.append(socket.create_connection((host, port), timeout=seconds))
        return 'connected'
    except Exception as error:
        return '%s: %s' % (type(error).__name__, error)
def workflow(_request, settings):
    return {'status_code': 200, 'body': json.dumps([attempt(*target, _request['seconds']) for target in _request['targets']] + [len(kept)])}
`

/**
 * Runs a function that connects to each target. Returns what it got, how many connections it holds, and the warnings.
 *
 * @param seconds - the longest wait for each target
 */
async function attempt(
  rule: EgressRule,
  targets: readonly (readonly [string, number])[],
  workflowId = 'wf_1',
  seconds = 60,
) {
  const job = makeJob({
    // Workers are shared by what has the same code.
    source: `${SOURCE}# ${workflowId}\n`,
    workflowId,
    isolation: 'reuse',
    egress: rule,
    body: JSON.stringify({ targets, seconds }),
  })
  const { response, message, warnings } = await pool.execute(job)
  assert.equal(message, null)
  const answers: (string | number)[] = JSON.parse(response?.body ?? '[]')
  return { answers: answers.slice(0, -1), kept: answers.at(-1), warnings }
}

test('Y17 a refused connection names the address and the rule, and is a warning of its run', async () => {
  const reason = 'blocked: 10.0.0.5:80 is a private address; an operator can allow it with WORKFLOWS_EGRESS_ALLOW'
  const { answers, warnings } = await attempt({ mode: 'internet', hosts: [] }, [
    ['10.0.0.5', 80],
    ['10.0.0.5', 80],
    ['203.0.114.7', 443],
    ['8.8.8.8', 25],
  ])
  const denied = 'blocked: 203.0.114.7:443 is refused by the operator (WORKFLOWS_EGRESS_DENY)'
  const mail =
    'blocked: 8.8.8.8:25 is a mail server, and port 25 is closed; an operator can allow it with WORKFLOWS_EGRESS_ALLOW'
  const errors = [reason, reason, denied, mail].map((text) => `PermissionError: [Errno 13] ${text}`)
  assert.deepEqual(answers, errors)
  assert.deepEqual(
    warnings,
    [reason, denied, mail].map((message) => ({ code: 'egress_blocked', message })),
  )
  // The next run in the same sandbox has warnings of its own only.
  assert.deepEqual((await attempt({ mode: 'internet', hosts: [] }, [['localhost', port]])).warnings, [])
})

test('Y17 with the mode list, only the hosts of the list are reached, by name or by address', async () => {
  const rule: EgressRule = { mode: 'list', hosts: [`localhost:${port}`, `*.API.test:${port}`, '10.0.0.5:80'] }
  const before = questions.length
  const { answers, warnings } = await attempt(rule, [
    ['127.0.0.1', port],
    ['a.api.test', port],
    ['api.test', port],
    ['elsewhere.test', 443],
    ['8.8.8.8', 443],
    ['10.0.0.5', 80],
  ])
  const listed = "is not in the list of hosts of this workflow's egress"
  assert.deepEqual(answers, [
    'connected',
    'connected',
    `PermissionError: [Errno 13] blocked: api.test:${port} ${listed}`,
    `PermissionError: [Errno 13] blocked: elsewhere.test:443 ${listed}`,
    `PermissionError: [Errno 13] blocked: 8.8.8.8:443 ${listed}`,
    'PermissionError: [Errno 13] blocked: 10.0.0.5:80 is a private address; an operator can allow it with WORKFLOWS_EGRESS_ALLOW',
  ])
  assert.equal(warnings.length, 4)
  // A question could carry data out.
  assert.equal(questions.length, before)
})

test('an internal host is judged by the addresses of its name, and a list binds it too', async () => {
  const open = { own: [{ what: 'a database', host: '10.0.0.9', port: 5432 }], port: 4400, isLocked: false }
  await egress.openInternal({
    ...open,
    hosts: [
      { host: 'crm.test', port: 80, workflows: 'all' },
      { host: '*.wild.test', port: 80, workflows: 'all' },
      { host: '10.0.0.0/8', port: null, workflows: ['wf_8'] },
    ],
  })
  const inside = (answer: string | number | undefined) => !String(answer).startsWith('PermissionError')
  const targets = [
    ['crm.test', 80],
    ['crm.test', 81],
    ['a.wild.test', 80],
    ['metadata.wild.test', 80],
    ['10.1.2.3', 80],
    ['10.0.0.9', 5432],
    ['10.0.0.9', 25],
  ] as const
  const anywhere: EgressRule = { mode: 'internet', hosts: [] }
  // No server answers at the allowed addresses. A refusal may take seconds too.
  const judge = async (rule: EgressRule, workflowId: string, expected: readonly boolean[]) => {
    const { answers } = await attempt(rule, targets, workflowId, 2)
    if (isDeepStrictEqual(answers.map(inside), expected)) return answers
    const { answers: later } = await attempt(rule, targets, workflowId, 15)
    assert.deepEqual(later.map(inside), expected, `${later}`)
    return later
  }
  const all = await judge(anywhere, 'wf_7', [true, false, true, false, false, false, false])
  await judge(anywhere, 'wf_8', [true, true, true, false, true, false, false])
  const list: EgressRule = { mode: 'list', hosts: ['crm.test:80', 'other.test:443'] }
  await judge(list, 'wf_9', [true, false, false, false, false, false, false])
  const mend = 'An owner can allow it under Settings → Network.'
  assert.equal(all[4], `PermissionError: [Errno 13] blocked: 10.1.2.3:80 is a private address. ${mend}`)
  assert.match(String(all[3]), /169\.254\.169\.254:80 is a private address; an operator can allow it/)
  assert.match(String(all[5]), /10\.0\.0\.9:5432 is a private address; an operator can allow it/)
  await egress.openInternal({ ...open, hosts: [] })
  assert.equal(inside((await attempt(anywhere, [['10.1.2.3', 80]], 'wf_8')).answers[0]), false)
})

test('Y17 with the mode none, nothing is reached, and the connections of earlier runs end', async () => {
  const [ended] = await Promise.all([
    once(server, 'connection').then(async ([socket]) => await once(socket, 'close')),
    attempt({ mode: 'internet', hosts: [] }, [['localhost', port]], 'wf_2').then(async ({ kept }) => {
      assert.equal(kept, 1)
      const { answers, kept: later } = await attempt({ mode: 'none', hosts: [] }, [['127.0.0.1', port]], 'wf_2')
      assert.deepEqual(answers, [
        `PermissionError: [Errno 13] blocked: 127.0.0.1:${port} is refused, because this workflow's egress is none`,
      ])
      assert.equal(later, 0)
    }),
  ])
  assert.ok(ended)
})

test('Y08 Z3-90 only plain questions are forwarded: no updates, transfers or questions for everything', async () => {
  const before = questions.length
  const source = `import json, socket, struct
def ask(flags, counts, kind, rest=b'', name=b'\\x04test\\0'):
    sock = socket.create_connection(('127.0.0.53', 53))
    message = struct.pack('>HHHHHH', 7, flags, *counts) + name + struct.pack('>HH', kind, 1) + rest
    sock.sendall(struct.pack('>H', len(message)) + message)
    sock.settimeout(60)
    return sock.recv(100)[5] & 15
def workflow(_request, settings):
    one = (1, 0, 0, 0)
    codes = [ask(5 << 11, one, 6), ask(4 << 11, one, 6), ask(0x8000, one, 1), ask(0, (2, 0, 0, 0), 1, bytes(5)),
             ask(0, (1, 0, 0, 1), 1, b'\\0' + struct.pack('>HHIH', 250, 255, 0, 0))]
    codes += [ask(0, one, kind) for kind in (251, 252, 255)]
    codes.append(ask(0, one, 1, name=b'\\x08one.test\\0'))
    return {'status_code': 200, 'body': json.dumps(codes)}
`
  const { response, message } = await pool.execute(makeJob({ source }))
  assert.equal(message, null)
  // NOTIMP, FORMERR and REFUSED; FORMERR for a label that reads like two of another name.
  assert.deepEqual(JSON.parse(response?.body ?? ''), [4, 4, 1, 1, 1, 5, 5, 5, 1])
  assert.equal(questions.length, before)
})

test('Y08 a workflow that asks for names that nobody answers leaves room for the questions of others', async () => {
  const flood = `import socket, struct, threading
def workflow(_request, settings):
    socks = []
    for stream in range(40):
        sock = socket.create_connection(('127.0.0.53', 53))
        for number in range(15):
            name = ('n%d-%d' % (stream, number)).encode()
            message = struct.pack('>HHHHHH', 7, 0x100, 1, 0, 0, 0) + bytes([len(name)]) + name + b'\\0\\0\\1\\0\\1'
            sock.sendall(struct.pack('>H', len(message)) + message)
        socks.append(sock)
    socks[-1].settimeout(60)
    socks[-1].recv(100)
`
  questions.length = 0
  const cancel = new AbortController()
  const job = makeJob({ source: flood, workflowId: 'wf_greedy', timeoutMs: 60_000, signal: cancel.signal })
  const began = performance.now()
  const flooding = pool.execute(job)
  const names = () => new Set(questions.map((message) => message.subarray(13, message.indexOf(0, 13)).toString()))
  while (names().size < 32) await once(dns, 'message')
  const other = `import socket
def workflow(_request, settings):
    try: socket.getaddrinfo('other.test', 80)
    except OSError: pass
`
  const asking = pool.execute(
    makeJob({ source: other, workflowId: 'wf_other', timeoutMs: 60_000, signal: cancel.signal }),
  )
  while (!names().has('other\u0004test')) await once(dns, 'message')
  const greedy = [...names()].filter((name) => name.startsWith('n'))
  // At most 32 at a time; a question that nobody answers is given up after 6 s, and the next one follows.
  const most = 32 * (1 + Math.ceil((performance.now() - began) / 6_000))
  assert.ok(greedy.length <= most, `${greedy.length} of ${most}`)
  cancel.abort()
  await Promise.all([flooding, asking])
})

test('Y17 networks that the host is connected to are read from its routes', () => {
  const program = `
import sys; sys.path.insert(0, sys.argv[1])
from egress import policy
routes = '''Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT
eth0 00000000 0101A8C0 0003 0 0 0 00000000 0 0 0
eth0 00C80508 00000000 0001 0 0 0 00FFFFFF 0 0 0
wg0 00000000 00000000 0001 0 0 0 00000080 0 0 0
'''
routes6 = '''26064700000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001 eth0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003 eth0
26064700000100000000000000000000 40 00000000000000000000000000000000 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003 eth0
'''
networks = policy.parse_routes(routes, routes6)
print(*networks, *(policy.classify(policy.plain(text), 443, (), (), networks) for text in sys.argv[2].split()))`
  const addresses = '8.5.200.9 8.5.201.9 2606:4700::9 2606:4700:1::9'
  const printed = execFileSync('python3', ['-I', '-B', '-c', program, runtimesDir, addresses], { encoding: 'utf8' })
  assert.equal(printed.trim(), '8.5.200.0/24 2606:4700::/64 neighbour internet neighbour internet')
})

const portOf = (address: ReturnType<typeof server.address>): number =>
  typeof address === 'object' && address !== null ? address.port : 0
