import assert from 'node:assert/strict'
import { test } from 'node:test'
import { prefersAsync, readWaiting } from '../../../src/http/wire/prefer.ts'

const SYNC = { answer: null }
const ASYNC = { answer: { mode: 'async', status_code: 202, body: null, content_type: null } } as const
const END = { waitMs: null, applied: null }

test('preferences are read as RFC 7240 writes them', () => {
  const cases: Readonly<Record<string, ReturnType<typeof readWaiting>>> = {
    'respond-async': { waitMs: 0, applied: 'respond-async' },
    'Respond-Async; a="x,y"': { waitMs: 0, applied: 'respond-async' },
    'wait=10': { waitMs: 10_000, applied: 'wait=10' },
    'wait = "2"': { waitMs: 2000, applied: 'wait=2' },
    'wait=0': { waitMs: 0, applied: 'wait=0' },
    'respond-async, wait=10': { waitMs: 10_000, applied: 'respond-async, wait=10' },
    'return=minimal;foo="a, respond-async", wait=3, wait=9': { waitMs: 3000, applied: 'wait=3' },
    'wait=99999999': { waitMs: 3_600_000, applied: 'wait=3600' },
  }
  for (const [prefer, expected] of Object.entries(cases)) {
    assert.deepEqual(readWaiting({ prefer }, SYNC), expected, prefer)
    assert.deepEqual(readWaiting({ prefer }, ASYNC), expected, prefer)
  }
})

test('what is not understood is ignored: then the workflow decides', () => {
  for (const prefer of [undefined, '', 'wait', 'wait=soon', 'wait=-1', 'return=minimal', '"respond-async"', ',']) {
    assert.deepEqual(readWaiting({ prefer }, SYNC), END, prefer)
    assert.deepEqual(readWaiting({ prefer }, ASYNC), { waitMs: 0, applied: null }, prefer)
  }
  assert.equal(prefersAsync({ prefer: 'wait=1' }), false)
})

test('a hostile header takes no time', () => {
  for (const prefer of ['a;'.repeat(8000), `a;${'"'.repeat(16_000)}`, `${' '.repeat(16_000)}=`, 'a="\\'.repeat(4000)]) {
    readWaiting({ prefer }, SYNC)
  }
})

test('Y23 a Prefer header of more than 1 KiB is ignored', () => {
  const prefer = `respond-async, pad=${'x'.repeat(1100)}`
  assert.deepEqual(readWaiting({ prefer }, { answer: null }), { waitMs: null, applied: null })
  assert.equal(prefersAsync({ prefer }), false)
})
