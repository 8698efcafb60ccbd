/** Workers that never become ready release their capacity. `EXHAUST_RUNS=1000` runs the long form. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunCode } from '../../../src/domain/runs/run.ts'
import { listTree } from '../../../src/workers/sandbox/process/processes.ts'
import { makeJob, openPool } from '../../helpers/pool.ts'

const RUNS = Number(process.env.EXHAUST_RUNS ?? 40)
const CALLERS = 8

/** What a module does while it loads, in the template itself, and how its runs may end. */
const MODULES: readonly (readonly [does: string, codes: readonly (RunCode | null)[]])[] = [
  ['import time; time.sleep(1000)', ['timeout']],
  ['import os; os._exit(0)', ['crashed']],
  ['import os; os.kill(os.getpid(), 11); os.abort()', ['crashed']],
  ['import os; os.write(4, b"not a message" * 1000)', ['crashed', 'timeout', 'load_error']],
  // This output belongs to no run, so it is dropped.
  ['import os; os.write(3, b"not a result" * 1000)', [null]],
  ['import os; os.closerange(0, 10)', ['crashed', 'load_error', 'timeout']],
  ['print("x" * 10_000_000); raise SystemExit', ['load_error', 'timeout']],
]

test('X17: jobs that hang at their start, end before they are ready or write before they may leave the pool as it was', async () => {
  const pool = await openPool({ spares: true, maxWorkers: 4, idleMs: 100, reapMs: 50 })
  let next = 0
  const caller = async () => {
    while (next < RUNS) {
      const index = next++
      const [does, codes] = MODULES[index % MODULES.length] ?? ['', []]
      const source = `${does}\ndef workflow(_request, settings):\n    pass\n`
      // The others end by themselves.
      const limit = codes.includes('timeout') ? { timeoutMs: 500 } : {}
      const { code } = await pool.execute(makeJob({ source, versionKey: `${index}`, ...limit }))
      assert.ok(codes.includes(code), `${does}: ${code}`)
    }
  }
  try {
    await Promise.all(Array.from({ length: CALLERS }, caller))
    const good = makeJob({ source: 'def workflow(a, b):\n    return {"status_code": 200, "body": "ok"}\n' })
    assert.equal((await pool.execute(good)).response?.body, 'ok')
    for (let turn = 0; turn < 6000 && pool.size.workers > 0; turn += 1) await sleep(10)
    assert.equal(pool.size.workers, 0)
  } finally {
    await pool.close()
  }
  assert.equal(listTree(process.pid).length, 1)
})
