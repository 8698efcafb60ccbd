/** `npm test -- PATH`. */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'

const ROOT = resolve(import.meta.dirname, '../..')

test('a folder means the tests in it and below', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'workflows-tests-'))
  t.after(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'deep'))
  writeFileSync(join(folder, 'deep/one.test.ts'), `import { test } from 'node:test'\ntest('is found', () => {})\n`)
  // A test inside a test would report to it, and print nothing.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const { status, stdout } = spawnSync(process.execPath, [join(ROOT, 'scripts/test.ts'), folder], {
    env,
    encoding: 'utf8',
  })
  assert.equal(status, 0, stdout)
  assert.match(stdout, /✔ is found/)
})
