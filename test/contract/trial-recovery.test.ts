/** Contract, section 13: a trial survives the death of its server. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forEachEngine } from '../helpers/engines.ts'
import { endedTrial, startTrial, type TrialBody } from '../helpers/trials.ts'
import { callHook, createCatch, must, until } from '../helpers/workflows.ts'

forEachEngine((start) => {
  test('a trial whose server is killed goes on after the next start', async () => {
    const server = await start({ WORKFLOWS_LEASE_SECONDS: '6' })
    let second: Awaited<ReturnType<typeof server.again>> | null = null
    try {
      const source =
        'import time\ndef workflow(request, settings):\n    time.sleep(0.3)\n    return {"status_code": 200}\n'
      const workflow = await createCatch(server, { source })
      for (let n = 0; n < 8; n += 1) await callHook(workflow, { n })
      const slow = source.replace('0.3', '1 + settings.get("x", 0)')
      const { id } = await startTrial(server, workflow.id, { source: slow, runs: { last: 8 } })
      await until(async () => {
        const { counts } = await must(server.api<TrialBody>('GET', `/api/trials/${id}`), 200)
        return (counts['same'] ?? 0) > 0
      })
      await server.stop('SIGKILL')
      second = await server.again()
      const trial = await endedTrial(second, id)
      assert.deepEqual([trial.status, trial.counts['same'], trial.total], ['done', 8, 8])
    } finally {
      await second?.stop()
      await server.close()
    }
  })
})
