/** `npm test -- PATH`. */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'

const ROOT = resolve(import.meta.dirname, '../..')

test('a folder means the tests in it and below, and the slowest files are named', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'workflows-tests-'))
  t.after(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'deep'))
  for (const path of ['deep/one.test.ts', 'two.test.ts'])
    writeFileSync(join(folder, path), `import { test } from 'node:test'\ntest('is found', () => {})\n`)
  // A test inside a test would report to it, and print nothing.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const { status, stdout } = spawnSync(process.execPath, [join(ROOT, 'scripts/test.ts'), folder], {
    env,
    encoding: 'utf8',
  })
  assert.equal(status, 0, stdout)
  assert.match(stdout, /✔ is found/)
  assert.match(stdout, /The slowest of 2 files:\n +\d+\.\d s {2}\S+\.test\.ts\n/)
})
