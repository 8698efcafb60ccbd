import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { pino } from 'pino'
import { createLoopWatch } from '../../src/runs/loop-watch.ts'

type Line = { heldMs: number; computedMs: number; during: { what: string; ms: number }[] }

test('Y02 what holds the event loop is measured, and logged by name', async (t) => {
  const lines: Line[] = []
  const watch = createLoopWatch(pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) }))
  t.after(() => watch.close())
  const delays: number[] = []
  watch.onDelay((lateMs) => void delays.push(lateMs))
  holdFor(200)
  await delay(50)
  assert.deepEqual([lines, delays], [[], []], 'it has not begun')
  watch.start()
  await delay(50)
  watch.mark('GET /api/workflows')
  watch.mark('run run_1: result')
  holdFor(400)
  watch.mark('run run_2: start')
  await delay(50)
  const held = lines.find(({ during }) => during[0]?.what === 'run run_1: result')
  assert.ok(held !== undefined, JSON.stringify(lines))
  assert.ok(held.heldMs >= 300 && delays.some((lateMs) => lateMs >= 300))
})

function holdFor(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}
