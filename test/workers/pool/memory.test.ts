/** F17 Y03: what the processes of a run hold together, and what the kernel holds for them. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { makeJob, openPool } from '../../helpers/pool.ts'

const pool = await openPool({ spares: false })
after(() => pool.close())

const MIB = 1024 * 1024
/** Each process holds the same 200 MiB, of which it then makes so many its own. */
const sharing = (processes: number, own: number) => `import os, time
def workflow(a, b):
    held = bytearray(200 << 20)
    for _ in range(${processes}):
        if os.fork() == 0:
            for index in range(0, ${own} << 20, 4096): held[index] = 1
            time.sleep(1000)
    time.sleep(${own === 0 ? 1.5 : 1000})
    return {'status_code': 200, 'body': 'ok'}
`
const run = (processes: number, own: number) =>
  pool.execute(makeJob({ source: sharing(processes, own), memoryBytes: 256 * MIB }))

test('F17: memory that forked processes share counts once', async () => {
  const { response, message } = await run(30, 0)
  assert.equal(response?.body, 'ok', message ?? '')
})

test('F17: what each of them makes its own counts for each', async () => {
  const { code, message } = await run(3, 100)
  assert.equal(code, 'out_of_memory')
  assert.match(message ?? '', /limit of 256 MiB and was stopped \(peak \d+ MiB\)/)
})

test('F17: two runs that are to be measured are both measured', async () => {
  const outcomes = await Promise.all([run(30, 0), run(3, 100), run(3, 101)])
  assert.deepEqual(
    outcomes.map(({ code }) => code),
    [null, 'out_of_memory', 'out_of_memory'],
  )
})

/** Each holds memory that belongs to no process. `Y03`: without the walls, such a run succeeded. */
const HELD = {
  'unread unix sockets': [
    `for _ in range(19):
        if os.fork() == 0: break
    held = [socket.socketpair() for _ in range(60)]
    for pair in held:
        for one in pair: fill(one)`,
    /^The processes of the run had more than 1024 files, pipes and sockets open together/,
  ],
  'unread TCP connections': [
    `server = socket.create_server(('127.0.0.1', 0), backlog=64)
    held = []
    for _ in range(50):
        held += [socket.create_connection(server.getsockname()), server.accept()[0]]
    for one in held: fill(one)`,
    /^The run reached its memory limit of 128 MiB and was stopped/,
  ],
  'empty files': [
    `held = [open('/tmp/%d' % n, 'w').close() for n in range(400_000)]`,
    /^The run reached its memory limit of 128 MiB and was stopped/,
  ],
} as const

for (const [what, [code, expected]] of Object.entries(HELD)) {
  test(`Y03: ${what} count`, async () => {
    const source = `import os, socket, time
def fill(one):
    one.setblocking(False)
    try:
        while True: one.send(bytes(65536))
    except BlockingIOError:
        pass
def workflow(a, b):
    ${code}
    time.sleep(1000)
`
    const outcome = await pool.execute(makeJob({ source, memoryBytes: 128 * MIB }))
    assert.equal(outcome.code, 'out_of_memory', `${outcome.message}\n${outcome.traceback}`)
    assert.match(outcome.message ?? '', expected)
  })
}
