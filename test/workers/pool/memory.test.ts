/** F17: what the processes of a run hold together. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { makeJob, openPool } from '../../helpers/pool.ts'

const pool = await openPool({ prewarm: false })
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
  pool.execute(makeJob({ source: sharing(processes, own), memoryBytes: 256 * MIB, timeoutMs: 60_000 }))

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
