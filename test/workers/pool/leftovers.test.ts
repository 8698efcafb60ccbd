import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Isolation } from '../../../src/domain/runs/run.ts'
import {
  functionSource,
  listWorkerProcesses,
  makeJob,
  openPool,
  printed,
  WORKER_PROCESSES,
} from '../../helpers/pool.ts'

const pool = await openPool({ spares: false })
after(() => pool.close())
const source = functionSource('leaves_things_behind')
const CLEAN =
  "[('alarm', False), ('blocking', [True, True, True]), ('cwd', '/tmp'), ('environment', False), ('files', []), ('modules', False), ('open', True), ('path', False), ('processes', []), ('umask', 18)]"

for (const isolation of ['fresh', 'reuse'] as const) {
  describe(`what a run leaves behind, isolation ${isolation}`, () => {
    for (const [id, name] of [
      ['F12 X09', 'daemon'],
      ['F12', 'sleeper'],
      ['F22', 'files'],
      ['F22', 'many files'],
      ['F22', 'locked home'],
      ['F28', 'alarm'],
      ['F24', 'nonblocking'],
    ] as const) {
      test(`${id}: ${name}: the next run finds nothing of it`, async () => {
        const job = makeJob({ source, isolation, versionKey: `${isolation} ${name}`, case: name })
        for (let run = 0; run < 3; run += 1) {
          const { response, message, traceback } = await pool.execute(job)
          assert.equal(response?.body, CLEAN, `${message}\n${traceback}`)
        }
      })
    }
  })
}

describe('a run that has ended', () => {
  test('F12: leaves no process on the host', async () => {
    await execute('nothing')
    await execute('daemon')
    // The child that waits for the next run is forked soon after an answer.
    const expected = () => WORKER_PROCESSES * pool.size.workers
    const found = () => listWorkerProcesses().length
    for (let turn = 0; turn < 6000 && found() !== expected(); turn += 1) await sleep(10)
    assert.equal(found(), expected())
  })

  test('F13: does not wait for its threads', async () => {
    const { status } = await execute('threads')
    assert.equal(status, 'succeeded')
  })

  test('F14: does not wait for its exit handlers', async () => {
    assert.equal((await execute('hangs at exit')).status, 'succeeded')
  })

  test('F23: left its patches in its own process', async () => {
    for (let run = 0; run < 3; run += 1) assert.equal((await execute('process')).response?.body, CLEAN)
  })

  test('F27: what its threads print is never in the log of another run', async () => {
    assert.ok(printed(await execute('threads')).includes('thread'))
    for (let run = 0; run < 5; run += 1) assert.deepEqual(printed(await execute('nothing')), [])
    assert.ok(printed(await execute('daemon')).includes('daemon up'))
    for (let run = 0; run < 5; run += 1) assert.deepEqual(printed(await execute('nothing')), [])
  })

  test('F27: what the first thread printed before the end is in its own log', async () => {
    const talks =
      'import threading\ndef workflow(a, b):\n  for n in range(200):\n    t = threading.Thread(target=print, args=("line %d" % n,))\n    t.start()\n    t.join()\n'
    assert.equal(printed(await pool.execute(makeJob({ source: talks }))).length, 200)
  })
})

function execute(name: string, isolation: Isolation = 'fresh') {
  return pool.execute(makeJob({ source, isolation, case: name }))
}
