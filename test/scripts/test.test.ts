/** `npm test -- PATH`. */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { findMainTests } from '../../scripts/main-tests.ts'

const ROOT = resolve(import.meta.dirname, '../..')

// A test inside a test would report to it, and print nothing.
const { NODE_TEST_CONTEXT: _, ...env } = process.env

test('a folder means the tests in it and below, and the slowest files are named', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'workflows-tests-'))
  t.after(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'deep'))
  for (const path of ['deep/one.test.ts', 'two.test.ts'])
    writeFileSync(join(folder, path), `import { test } from 'node:test'\ntest('is found', () => {})\n`)
  const { status, stdout } = spawnSync(process.execPath, [join(ROOT, 'scripts/test.ts'), folder], {
    env,
    encoding: 'utf8',
  })
  assert.equal(status, 0, stdout)
  assert.match(stdout, /✔ is found/)
  assert.match(stdout, /The slowest of 2 files:\n +\d+\.\d s {2}\S+\.test\.ts\n/)
})

test('files run in the order that is given, and one that fails is the exit code', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'workflows-tests-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const write = (name: string, text: string): string => {
    const path = join(folder, `${name}.test.ts`)
    writeFileSync(path, `import { test } from 'node:test'\ntest('this is ${name}', () => {${text}})\n`)
    return path
  }
  const burn =
    'for (let end = false; !end; ) { const { user, system } = process.cpuUsage(); end = user + system > 2e6 }'
  const [last, first, bad] = [write('a', ''), write('b', burn), write('c', 'throw new Error("no")')]
  const run = (...files: readonly string[]) =>
    spawnSync(process.execPath, [join(ROOT, 'scripts/test-files.ts'), '1', ...files], { env, encoding: 'utf8' })
  const good = run(first, last)
  assert.equal(good.status, 0, good.stdout)
  assert.match(good.stdout, /✔ this is b[\s\S]*✔ this is a[\s\S]*The slowest of 2 files:/)
  assert.match(
    good.stdout,
    /\nProcessor time: (?![01] )\d+ s in \d+ s, \d+ % of \d+ processors\. The machine was \d+ % busy\.\n$/,
  )
  const failed = run(bad, last)
  assert.equal(failed.status, 1, failed.stdout)
  assert.match(failed.stdout, /✔ this is a[\s\S]*failing tests:[\s\S]*Error: no/)
})

test('each pattern of npm test finds files, and none names a file that is not there', () => {
  const found = findMainTests(ROOT)
  for (const area of [
    'architecture',
    'domain',
    'store',
    'http/api',
    'http/hooks',
    'workers/pool',
    'runtimes/node',
    'contract',
    'web',
  ])
    assert.ok(
      found.some((path) => path.startsWith(`test/${area}/`)),
      area,
    )
  const named = [...readFileSync(join(ROOT, 'scripts/main-tests.ts'), 'utf8').matchAll(/'(test\/.*)'/g)]
  for (const [, pattern = ''] of named) {
    const each = pattern.replace(/\{([^}*]*)\}/g, '*')
    assert.ok(globSync(each, { cwd: ROOT }).length > 0, pattern)
    for (const [, names = ''] of pattern.matchAll(/\{([^}*]*)\}\.test/g))
      for (const name of names.split(',')) {
        const path = pattern.replace(/\{[^}]*\}\.test/, `${name}.test`)
        assert.ok(globSync(path, { cwd: ROOT }).length > 0, path)
      }
  }
})
