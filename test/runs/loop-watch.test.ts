import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { pino } from 'pino'
import { createLoopWatch } from '../../src/runs/loop-watch.ts'
import { until } from '../helpers/workflows.ts'

type Line = { heldMs: number; computedMs: number; during: { what: string; ms: number }[] }

test('Y02 what holds the event loop is measured', async (t) => {
  const lines: string[] = []
  const watch = createLoopWatch(pino({}, { write: (line: string) => void lines.push(line) }))
  t.after(() => watch.close())
  const delays: number[] = []
  watch.onDelay((lateMs) => void delays.push(lateMs))
  holdFor(200)
  await delay(50)
  assert.deepEqual([lines, delays], [[], []], 'it has not begun')
  watch.start()
  holdFor(400)
  await until(async () => delays.some((lateMs) => lateMs >= 300))
  assert.ok(lines.length > 0)
})

test('Y02 what held the event loop is logged by name', async (t) => {
  const lines: Line[] = []
  let now = 5000
  const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) })
  const watch = createLoopWatch(log, () => now)
  t.after(() => watch.close())
  watch.start()
  now += 10
  watch.mark('GET /api/workflows')
  now += 5
  watch.mark('run run_1: result')
  now += 400
  watch.mark('run run_2: start')
  now += 5
  const held = await until(async () => lines[0])
  assert.equal(held.heldMs, 400)
  assert.deepEqual(held.during, [
    { what: 'run run_1: result', ms: 400 },
    { what: 'GET /api/workflows', ms: 5 },
    { what: 'run run_2: start', ms: 5 },
  ])
})

function holdFor(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}
