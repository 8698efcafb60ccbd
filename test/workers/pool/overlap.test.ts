/** The result of a run can be stored while its process ends. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { commandOf, listWorkerProcesses, makeJob, openPool, printed } from '../../helpers/pool.ts'
import { until } from '../../helpers/zygotes.ts'

const pool = await openPool({ spares: false })
after(() => pool.close())

/** Answers by itself and then goes on. At the signal it prints more, and becomes another program. */
const SOURCE = `import os, signal, struct, time
def go_on(*_):
    print('after', flush=True)
    os.execv('/bin/sleep', ['went-on', '600'])
def workflow(a, b):
    signal.signal(signal.SIGUSR1, go_on)
    print('before', flush=True)
    header = b'{"status":"succeeded","response":{"status":200,"headers":[]},"set":{},"deleted":[],"warnings":[],"load_ms":0}'
    os.write(3, struct.pack('>II', len(header), 2) + header + b'ok')
    time.sleep(600)
`

test('the outcome comes before the end of the process if the job asks for it', async () => {
  let isOver = false
  const ends: Promise<void>[] = []
  const onResult = (ended: Promise<void>) => void ends.push(ended)
  const end = new AbortController()
  const outcome = await pool.execute(makeJob({ source: SOURCE, timeoutMs: 600_000, onResult, signal: end.signal }))
  const ended = Promise.all(ends).then(() => {
    isOver = true
  })
  assert.deepEqual([outcome.status, outcome.response?.body, ends.length, isOver], ['succeeded', 'ok', 1, false])
  const [run = 0] = listWorkerProcesses().slice(-1)
  process.kill(run, 'SIGUSR1')
  await until(() => commandOf(run).startsWith('went-on'))
  assert.equal(isOver, false)
  end.abort()
  await ended
  assert.deepEqual(printed(outcome), ['before'])
})

test('otherwise a result counts only if its process ends by itself', async () => {
  const { status, code } = await pool.execute(makeJob({ source: SOURCE, timeoutMs: 1000 }))
  assert.deepEqual([status, code], ['timed_out', 'timeout'])
})

test('a failure that the end of the process can explain waits for it', async () => {
  const source = 'import os\ndef workflow(a, b):\n    os._exit(7)\n'
  const ends: Promise<void>[] = []
  const onResult = (ended: Promise<void>) => void ends.push(ended)
  const { code } = await pool.execute(makeJob({ source, onResult }))
  assert.deepEqual([code, ends.length], ['crashed', 0])
})
