import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogLine } from '../../../src/domain/runs/run.ts'
import { createLiveRuns } from '../../../src/runs/execution/live-runs.ts'

const line = (text: string): LogLine => ({ at: 0, stream: 'stdout', text })

test('a watcher gets the lines so far, each new line, and the end', () => {
  const live = createLiveRuns()
  const run = live.begin('run_1')
  run.addLine(line('before'))
  const seen: string[] = []
  let ended = false
  const watch = live.watch(
    'run_1',
    ({ text }) => seen.push(text),
    () => {
      ended = true
    },
  )
  assert.deepEqual(
    watch?.lines.map(({ text }) => text),
    ['before'],
  )
  run.addLine(line('after'))
  run.end()
  assert.deepEqual([seen, ended, live.size], [['after'], true, 0])
  assert.equal(
    live.watch(
      'run_1',
      () => {},
      () => {},
    ),
    null,
  )
})

test('cancelling aborts a run but does not lose it', () => {
  const live = createLiveRuns()
  const run = live.begin('run_1')
  assert.equal(live.cancel('run_2'), false)
  assert.equal(live.cancel('run_1'), true)
  assert.deepEqual([run.signal.aborted, run.isLost], [true, false])
})

test('losing all runs aborts each of them and marks it as lost', () => {
  const live = createLiveRuns()
  const runs = [live.begin('run_1'), live.begin('run_2')]
  live.loseAll()
  assert.deepEqual(
    runs.map(({ signal, isLost }) => [signal.aborted, isLost]),
    [
      [true, true],
      [true, true],
    ],
  )
})
