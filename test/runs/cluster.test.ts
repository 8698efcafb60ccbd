import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Signal } from '../../src/domain/runs/signal.ts'
import { createCluster } from '../../src/runs/cluster.ts'
import { createLiveRuns } from '../../src/runs/execution/live-runs.ts'

test('ends of runs on peers are looked at once in a while, and never left unseen', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  let looks = 0
  let hear: (signal: Signal) => void = () => assert.fail()
  const store = {
    servers: {
      publish: () => {},
      onSignal: (listener: (signal: Signal) => void) => {
        hear = listener
        return () => {}
      },
    },
  }
  const cluster = createCluster({ store, live: createLiveRuns(), onQueued: () => (looks += 1) })
  t.after(() => cluster.close())
  const end = (count: number) => {
    for (let run = 0; run < count; run += 1) {
      const change = { runId: `run_${run}`, workflowId: 'wf_1', status: 'succeeded', durationMs: 3 } as const
      hear({ kind: 'run', change })
    }
  }
  end(100)
  assert.equal(looks, 1)
  t.mock.timers.tick(50)
  assert.equal(looks, 2, 'those that ended after the first look are looked for')
  t.mock.timers.tick(1000)
  assert.equal(looks, 2)
  end(1)
  assert.equal(looks, 3)
  hear({ kind: 'queued' })
  assert.equal(looks, 4, 'a run that was queued does not wait')
})
