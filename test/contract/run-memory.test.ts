/** What a run tells about its memory. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startServer } from '../helpers/server.ts'
import { createCatch, must } from '../helpers/workflows.ts'

type Run = { id: string; status: string; peak_memory_bytes: number | null }
const MIB = 1024 * 1024

const server = await startServer()
after(() => server.close())

test('a run has the most memory that it used, whether it succeeds or fails', async () => {
  const source =
    'def workflow(r, s):\n    block = b"x" * (r["mib"] << 20)\n    del block\n    if r["fails"]:\n        raise ValueError("no")\n'
  const workflow = await createCatch(server, { source })
  for (const [mib, fails] of [
    [100, false],
    [200, true],
  ] as const) {
    const request = { body: JSON.stringify({ mib, fails }), headers: { 'content-type': 'application/json' } }
    const made = await must(server.api<Run>('POST', `/api/workflows/${workflow.id}/runs`, { request }), 200)
    const run = await must(server.api<Run>('GET', `/api/runs/${made.id}`), 200)
    assert.equal(run.status, fails ? 'failed' : 'succeeded')
    const peak = run.peak_memory_bytes ?? 0
    assert.ok(peak > mib * MIB && peak < (mib + 80) * MIB, String(peak / MIB))
  }
})
