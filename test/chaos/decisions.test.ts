/** The short form of `npm run chaos -- --decisions 10000` (docs/evidence/reliability.md). */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { proveDecisions } from '../../chaos/decisions/prove.ts'

for (const engine of ['sqlite', 'postgres'] as const) {
  test(`decisions of killed servers on ${engine} are stored once, and every changed byte is found`, async () => {
    const seed = Date.now() % 1_000_000
    const sizes = { decisions: 32, kills: 2, rows: 3, times: 1 }
    const { broken, lost, doubled, erased, bytes, found } = await proveDecisions({ engine, seed, ...sizes })
    assert.deepEqual({ broken, lost, doubled }, { broken: [], lost: 0, doubled: 0 }, `seed ${seed}`)
    assert.equal(found, bytes, `seed ${seed}`)
    assert.ok(erased > 0 && bytes > 100, `${erased} decisions were erased, ${bytes} bytes changed`)
  })
}
