import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { hasShare } from '../../../src/workers/pool/share.ts'
import { makeJob, openPool } from '../../helpers/pool.ts'

describe('Y10: a workflow and the workers of the pool', () => {
  test('it may hold half of what the others leave, and always one', () => {
    const most = (others: number, max: number) => {
      let own = 0
      while (hasShare({ own, others, max })) own += 1
      return own
    }
    assert.deepEqual(
      [0, 64, 96, 112, 126, 128].map((others) => most(others, 128)),
      [64, 32, 16, 8, 1, 1],
    )
    assert.deepEqual(
      [1, 2, 3, 4].map((max) => most(0, max)),
      [1, 1, 1, 2],
    )
  })

  test('while its runs fill its share, runs of another workflow start', async () => {
    const pool = await openPool({ spares: false, maxWorkers: 4 })
    try {
      const stop = new AbortController()
      const started: string[] = []
      const sleeps = makeJob({
        source: 'import time\ndef workflow(a, b):\n    print("up", flush=True)\n    time.sleep(600)\n',
        workflowId: 'wf_greedy',
        timeoutMs: 600_000,
        signal: stop.signal,
        onLog: () => started.push('up'),
      })
      const greedy = Array.from({ length: 12 }, () => pool.execute(sleeps))
      while (started.length < 2) await sleep(10)
      const answers = 'def workflow(a, b):\n    return {"status_code": 200, "body": "ok"}\n'
      for (const workflowId of ['wf_second', 'wf_third']) {
        const { response } = await pool.execute(makeJob({ source: answers, workflowId, versionKey: workflowId }))
        assert.equal(response?.body, 'ok')
      }
      assert.equal((await pool.load(makeJob({ source: `${answers}#`, workflowId: 'wf_deployed' }))).ok, true)
      stop.abort()
      assert.deepEqual(
        (await Promise.all(greedy)).map(({ code }) => code),
        Array(12).fill('cancelled'),
      )
    } finally {
      await pool.close()
    }
  })
})
