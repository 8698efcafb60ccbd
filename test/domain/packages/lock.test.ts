import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatLock, packagesOf, parseLock } from '../../../src/domain/packages/lock.ts'

const HASH = 'a'.repeat(64)

test('a lock is read, marked and written in one form', () => {
  const entries = parseLock(`b==2 \\\n    --hash=sha256:${HASH}\n# a comment\nA_x==1.0 --hash=sha256:${HASH}\n`)
  assert.deepEqual(packagesOf(entries, new Set(['a-x'])), [
    { name: 'b', version: '2', direct: false },
    { name: 'A_x', version: '1.0', direct: true },
  ])
  assert.equal(formatLock(entries), `A_x==1.0 \\\n    --hash=sha256:${HASH}\nb==2 \\\n    --hash=sha256:${HASH}\n`)
})

const WRONG = [
  'a==1',
  `a>=1 --hash=sha256:${HASH}`,
  `a==1 --hash=md5:${HASH}`,
  `a @ https://x --hash=sha256:${HASH}`,
  `--index-url https://x.example --hash=sha256:${HASH}`,
  `-e . --hash=sha256:${HASH}`,
]
for (const line of WRONG) {
  test(`B10 a lock with ${JSON.stringify(line.slice(0, 30))} is refused`, () => {
    assert.throws(() => parseLock(line), /without version and hashes/)
  })
}
