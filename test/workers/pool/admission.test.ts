/** Runs wait for memory as for any other place: with real sandboxes, and a machine whose memory the test decides. */

import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Measure } from '../../../src/domain/shared/measures.ts'
import { makeJob, openPool, quietLog } from '../../helpers/pool.ts'
import { until } from '../../helpers/workflows.ts'

const MIB = 1024 * 1024
const memory = { free: 600 * MIB, total: 700 * MIB }
const measures: Measure[] = []
const warnings: { facts: Record<string, unknown>; message: string }[] = []
const pool = await openPool({
  spares: false,
  machine: { read: () => memory, countEnded: () => 0 },
  report: (measure) => measures.push(measure),
  log: { ...quietLog, warn: (facts, message) => warnings.push({ facts: { ...facts }, message }) },
})
after(() => pool.close())

const GOOD = 'def workflow(a, b):\n    return {"status_code": 200, "body": "ok"}\n'
const SLEEPS = 'import time\ndef workflow(a, b):\n    print("up", flush=True)\n    time.sleep(600)\n'
const good = (name: string) => makeJob({ source: `${GOOD}# ${name}\n`, workflowId: name })

/** A run that goes on until it is stopped. Resolves when its function has begun. */
async function hold(name: string): Promise<() => Promise<void>> {
  const stop = new AbortController()
  const begun = Promise.withResolvers<unknown>()
  const source = `${SLEEPS}# ${name}\n`
  const job = { source, workflowId: name, timeoutMs: 600_000, signal: stop.signal, onLog: begun.resolve }
  const ended = pool.execute(makeJob(job))
  await begun.promise
  return async () => {
    stop.abort()
    await ended
  }
}

describe('when memory is short', () => {
  test('a run starts when nothing else runs, and the next waits until it has ended', async () => {
    memory.free = 0
    const stop = await hold('wf_first')
    const begun = { second: false }
    const second = pool.execute({ ...good('wf_second'), onLog: () => {} }).then((outcome) => {
      begun.second = true
      return outcome
    })
    await until(async () => measures.some(({ kind }) => kind === 'memory_short'))
    await sleep(300)
    assert.equal(begun.second, false)
    assert.equal(measures.filter(({ kind }) => kind === 'memory_short').length, 1)
    assert.deepEqual(warnings, [
      {
        facts: { workflow: 'wf_second', freeMib: 0, totalMib: 700, neededMib: 350 },
        message: 'memory is short: runs wait until others have ended',
      },
    ])
    await stop()
    assert.equal((await second).response?.body, 'ok')
  })

  test('a run that waits starts as soon as there is memory, beside the other', async () => {
    memory.free = 0
    const stop = await hold('wf_third')
    const fourth = pool.execute(good('wf_fourth'))
    await sleep(300)
    memory.free = 600 * MIB
    assert.equal((await fourth).response?.body, 'ok')
    await stop()
  })

  test('idle workers end first', async () => {
    memory.free = 600 * MIB
    for (const name of ['wf_idle_1', 'wf_idle_2']) await pool.execute(good(name))
    const stop = await hold('wf_fifth')
    assert.ok(pool.size.workers >= 3)
    memory.free = 0
    const waiting = pool.execute(good('wf_sixth'))
    await until(async () => pool.size.workers === 1)
    memory.free = 600 * MIB
    assert.equal((await waiting).response?.body, 'ok')
    await stop()
  })

  test('a run that waits can be cancelled, and a pool with such a run can be closed', async () => {
    memory.free = 0
    const stop = await hold('wf_seventh')
    const cancel = new AbortController()
    const cancelled = pool.execute({ ...good('wf_eighth'), signal: cancel.signal })
    const refused = pool.execute(good('wf_ninth'))
    await sleep(50)
    cancel.abort()
    assert.equal((await cancelled).code, 'cancelled')
    await pool.close()
    assert.equal((await refused).message, 'The server stopped before the function began')
    await stop()
  })
})
