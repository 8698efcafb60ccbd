/** The short form of `npm run chaos -- --decisions 10000` (docs/evidence/reliability.md), on one engine. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { proveDecisions } from '../../chaos/decisions/prove.ts'
import { SEED } from '../helpers/seed.ts'

test('decisions of a killed server are stored once, and every changed byte is found', async () => {
  const sizes = { decisions: 32, kills: 1, rows: 3, times: 1 }
  const { broken, lost, doubled, erased, bytes, found } = await proveDecisions({
    engine: 'sqlite',
    seed: SEED,
    ...sizes,
  })
  assert.deepEqual({ broken, lost, doubled }, { broken: [], lost: 0, doubled: 0 }, `FUZZ_SEED=${SEED}`)
  assert.equal(found, bytes, `FUZZ_SEED=${SEED}`)
  assert.ok(erased > 0 && bytes > 50, `${erased} decisions were erased, ${bytes} bytes changed`)
})
