/** The soak (docs/evidence/reliability.md): its verdict, and its whole way in a few seconds. */

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { runSoak } from '../../chaos/soak/soak.ts'
import { judge, type Minute, median, slopeOf } from '../../chaos/soak/verdict.ts'

const FLAT = {
  ...{ isWarmUp: false, calls: 100, failed: 0, load: 1 },
  ...{ rssMib: 200, heapMib: 50, othersMib: 400, descriptors: 150, processes: 40, databaseMib: 15, logMib: 16 },
}

/** Ten minutes, each changed by its number. */
const judged = (change: (minute: number) => Partial<Minute>) =>
  judge(Array.from({ length: 10 }, (_, minute) => ({ minute, ...FLAT, ...change(minute) })))
const growing = (change: (minute: number) => Partial<Minute>) =>
  judged(change)
    .filter(({ isFlat }) => !isFlat)
    .map(({ what }) => what)

describe('the verdict of a soak', () => {
  test('is flat for what stays, varies, falls, or is high in one minute', () => {
    assert.deepEqual(
      growing(() => ({})),
      [],
    )
    assert.deepEqual(
      growing((minute) => ({ rssMib: 200 + (minute % 3) * 10, databaseMib: 15 + (minute % 2) })),
      [],
    )
    assert.deepEqual(
      growing((minute) => ({ rssMib: 300 - minute * 10 })),
      [],
    )
    assert.deepEqual(
      growing((minute) => ({ rssMib: minute === 9 ? 500 : 200, descriptors: minute === 3 ? 900 : 150 })),
      [],
    )
  })

  test('names what grows, and by how much', () => {
    assert.deepEqual(
      growing((minute) => ({ rssMib: 200 + minute * 2 })),
      ['memory, MiB'],
    )
    assert.deepEqual(
      growing((minute) => ({ heapMib: 50 + minute })),
      ['heap, MiB'],
    )
    assert.deepEqual(
      growing((minute) => ({ othersMib: 400 + minute * 6 })),
      ['memory of the other processes, MiB'],
    )
    assert.deepEqual(
      growing((minute) => ({ descriptors: 150 + minute })),
      ['descriptors'],
    )
    assert.deepEqual(
      growing((minute) => ({ processes: 40 + minute })),
      ['processes'],
    )
    assert.deepEqual(
      growing((minute) => ({ databaseMib: 15 + minute })),
      ['disk, MiB'],
    )
    const [memory] = judged((minute) => ({ rssMib: 382 + minute * 4 }))
    assert.deepEqual(memory, { what: 'memory, MiB', level: 400, growth: 36, bound: 20, isFlat: false })
  })

  test('is by the median of the slopes of all pairs', () => {
    assert.equal(median([]), 0)
    assert.equal(median([3, 1, 2]), 2)
    assert.equal(median([4, 1, 2, 3]), 2.5)
    assert.equal(slopeOf([5]), 0)
    assert.equal(slopeOf([1, 3, 5, 7]), 2)
    assert.equal(slopeOf([1, 3, 500, 7, 9]), 2)
  })
})

test('a soak calls a real server at half of what it answers, and reports each minute', async () => {
  const minutes: Minute[] = []
  const { verdicts } = await runSoak({
    minutes: 2,
    warmUpMinutes: 1,
    fullMs: 2_000,
    minuteMs: 3_000,
    onMinute: (minute) => minutes.push(minute),
  })
  assert.deepEqual(
    minutes.map(({ minute, isWarmUp }) => [minute, isWarmUp]),
    [
      [1, true],
      [2, false],
      [3, false],
    ],
  )
  assert.equal(verdicts.length, 6)
  for (const { calls, failed, rssMib, heapMib, othersMib, descriptors, processes, databaseMib } of minutes) {
    assert.equal(failed, 0)
    for (const value of [calls, rssMib, heapMib, othersMib, descriptors, processes, databaseMib]) assert.ok(value > 0)
    assert.ok(heapMib < rssMib)
  }
})
