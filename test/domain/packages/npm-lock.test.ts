/** Locks of npm packages. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatNpmLock, manifestFor, manifestOf, parseNpmLock } from '../../../src/domain/packages/npm-lock.ts'
import { notesOfNpm } from '../../../src/domain/packages/npm-notes.ts'

const HASH = `sha512-${'a'.repeat(86)}==`
const OURS = 'http://gateway/'
const lockOf = (packages: Record<string, object>): string =>
  JSON.stringify({ lockfileVersion: 3, packages: { '': { dependencies: { one: '1' } }, ...packages } })
const one = (more: object = {}) => ({ version: '1.0.0', integrity: HASH, resolved: `${OURS}one.tgz`, ...more })
const format = (packages: Record<string, object>) => formatNpmLock(lockOf(packages), (url) => url.startsWith(OURS))

test('equal locks are equal texts, without addresses and without what an installation does not need', () => {
  const nested = 'node_modules/one/node_modules/@scope/two'
  const lock = format({ [nested]: one({ license: 'MIT' }), 'node_modules/one': one({ funding: {} }) })
  assert.equal(lock, format({ 'node_modules/one': one(), [nested]: one() }))
  assert.doesNotMatch(lock, /gateway|license|funding/)
  assert.deepEqual(
    parseNpmLock(lock).map(({ path, name, version, sha512 }) => [path, name, version, sha512]),
    [
      ['node_modules/one', 'one', '1.0.0', `${'a'.repeat(86)}==`],
      [nested, '@scope/two', '1.0.0', `${'a'.repeat(86)}==`],
    ],
  )
  assert.deepEqual(JSON.parse(manifestOf(lock)).dependencies, { one: '1' })
  assert.deepEqual(JSON.parse(manifestFor([{ name: 'one', range: '1' }])).dependencies, { one: '1' })
})

test('a package from elsewhere, without a hash, without an exact version or at another path is refused', () => {
  for (const [packages, message] of [
    [{ 'node_modules/one': one({ resolved: 'https://evil.example/one.tgz' }) }, /from the registry alone/],
    [{ 'node_modules/one': one({ link: true, resolved: '../one' }) }, /from the registry alone/],
    [{ 'node_modules/one': one({ integrity: 'sha1-abc=' }) }, /one 1\.0\.0: the registry has no SHA-512 hash/],
    [{ 'node_modules/one': one({ version: '^1' }) }, /expected an exact version/],
    [{ '../one': one() }, /expected the path of a package/],
    [{ 'node_modules/..': one() }, /expected the path of a package/],
    [{ 'node_modules/../../one': one() }, /expected the path of a package/],
    [{ 'node_modules/one': one({ name: '../two' }) }, /expected the path of a package/],
  ] as const) {
    assert.throws(() => format(packages), message)
  }
  assert.throws(() => parseNpmLock('{"lockfileVersion": 2, "packages": {}}'), /version 3/)
  // A package inside of another one's tarball has that one's hash.
  const bundled = {
    'node_modules/one': one(),
    'node_modules/one/node_modules/two': { version: '2.0.0', inBundle: true },
  }
  assert.equal(parseNpmLock(format(bundled)).length, 2)
})

test('a note names the packages whose install scripts are not run', () => {
  assert.deepEqual(notesOfNpm(lockOf({ 'node_modules/one': one() })), [])
  const [note] = notesOfNpm(lockOf({ 'node_modules/one': one({ hasInstallScript: true }) }))
  assert.match(note ?? '', /^one: install scripts are not run/)
})
