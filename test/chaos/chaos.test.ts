/** The short form of `npm run chaos` (docs/evidence/reliability.md). */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Moment, runChaos } from '../../chaos/chaos.ts'

async function hold(engine: 'sqlite' | 'postgres', points: readonly Moment[]): Promise<void> {
  const seed = Date.now() % 1_000_000
  const reports = await runChaos({ engine, rounds: points.length, seed, points })
  for (const { moment, hit, broken, calls, unknown } of reports) {
    assert.deepEqual(broken, [], `died ${moment}, seed ${seed}`)
    assert.ok(hit, `the server never came to ${moment}`)
    assert.ok(calls > unknown, 'something was acknowledged before it died')
  }
}

test('D01 D02 D03 Q03 Q14 a server on SQLite that is killed breaks no promise', () =>
  hold('sqlite', ['accepted', 'running', 'finished', 'ticking', 'claimed', 'set']))

test('D01 D03 D06 Q02 one of two servers on PostgreSQL that is killed breaks no promise', () =>
  hold('postgres', ['accepted', 'finishing', 'ticking']))
