import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { watchLoop } from './reports.ts'

const PROGRAM = (work: string) => `
const busyMs = () => { const { user, system } = process.threadCpuUsage(); return (user + system) / 1000 }
function hold(ms) { const from = busyMs(); while (busyMs() - from < ms) JSON.parse('[1]') }
async function later(work) { await null; work() }
hold(200)
console.log('Workflows is ready: http://localhost')
// The watch has begun, and starts the thread of its sampler, which must look before the work begins.
process.once('worker', (sampler) => {
  const look = setInterval(() => {
    if (sampler.performance.eventLoopUtilization().idle === 0) return
    clearInterval(look)
    setTimeout(() => ${work}, 100)
    setTimeout(() => process.exit(0), 1500)
  }, 10)
})
`

async function run(t: TestContext, work: string): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'workflows-held-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const program = join(folder, 'program.mjs')
  writeFileSync(program, PROGRAM(work))
  const loop = watchLoop()
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [...loop.options, program])
  // The inspector prints a warning if a request is pending at the end.
  assert.deepEqual(
    [stdout, stderr.replace(/^Waiting for the debugger.*\n/, '')],
    ['Workflows is ready: http://localhost\n', ''],
  )
  return () => loop.end('{"heldMs":1}')
}

test('Z3-20 a test fails when the loop of its program was held, with the stack and the log', async (t) => {
  const end = await run(t, 'later(function computesLong() { hold(500) })')
  assert.throws(end, (error: Error) => {
    const [took] = /(?<=one turn took )\d+/.exec(error.message) ?? []
    assert.ok(Number(took) >= 500, error.message)
    assert.match(
      error.message,
      /after \d+ ms\n(?: +at .*\n)* +at hold .*program\.mjs.*\n +at computesLong .*program\.mjs/,
    )
    assert.match(error.message, /The log says:\n\{"heldMs":1\}$/)
    return true
  })
  assert.doesNotThrow(end, 'once')
})

test('Z3-20 what a program loads before it is ready, and many short turns, fail no test', async (t) => {
  const end = await run(
    t,
    '{ const again = (left) => { hold(20); if (left > 0) setImmediate(again, left - 1) }; again(20) }',
  )
  assert.doesNotThrow(end)
})

test('the reports are removed', () => {
  const loop = watchLoop()
  const file = new URL(loop.options[1] ?? '').searchParams.get('reports') ?? ''
  assert.equal(existsSync(file), true)
  loop.end('')
  assert.equal(existsSync(file), false)
})
