import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytesOfFiles, sortFiles, validateFiles } from '../../../src/domain/modules/module-files.ts'

const BAD: Readonly<Record<string, RegExp>> = {
  '../a.py': /relative path of Python names/,
  '/etc/a.py': /relative path/,
  'a/../b.py': /relative path/,
  './a.py': /relative path/,
  'a//b.py': /relative path/,
  'a\\b.py': /relative path/,
  'a.txt': /relative path/,
  'my-lib/a.py': /relative path/,
  '': /relative path/,
  '.py': /relative path/,
  'a\u0000.py': /relative path/,
  'workflow.py': /platform uses \(workflow\)/,
  'workflow_runtime/x.py': /platform uses/,
  'json.py': /replace the module json/,
  'email/x.py': /replace the module email/,
  '__init__.py': /no module/,
  [`${'a'.repeat(200)}.py`]: /at most 200 characters/,
}

for (const [path, problem] of Object.entries(BAD)) {
  test(`a module ${JSON.stringify(path.slice(0, 20))} is refused`, () => {
    assert.match(validateFiles({ 'good.py': '', [path]: '' }, 'python3') ?? '', problem)
  })
}

test('a module with the name of the module of durable functions is refused in every language', () => {
  for (const path of ['workflows.ts', 'workflows.mjs', 'workflows/index.ts', 'workflows/lib/a.js'])
    assert.match(validateFiles({ [path]: '' }, 'node24') ?? '', /platform uses \(workflows\)/, path)
  for (const path of ['lib/workflows.ts', 'workflows-of-ours.ts', 'my/workflows/a.ts'])
    assert.equal(validateFiles({ [path]: '' }, 'node24'), null, path)
  assert.match(validateFiles({ 'workflows.py': '' }, 'python3') ?? '', /platform uses \(workflows\)/)
})

test('modules in folders, packages and names like those of old Pythons are fine', () => {
  const paths = ['parse.py', 'lib/parse.py', 'lib/__init__.py', 'lib/deep/er.py', 'parser.py', '_x.py', 'lib/json.py']
  assert.equal(validateFiles(Object.fromEntries(paths.map((path) => [path, ''])), 'python3'), null)
})

test('two paths that are one module, or one file on some disks, are refused', () => {
  assert.match(validateFiles({ 'lib.py': '', 'lib/a.py': '' }, 'python3') ?? '', /same module/)
  assert.match(validateFiles({ 'Lib/a.py': '', 'lib/a.py': '' }, 'python3') ?? '', /differ only in case/)
})

test('more than 50 modules are refused, and sizes are counted as UTF-8', () => {
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`m${n}.py`, 'é']))
  assert.equal(validateFiles(many(50), 'python3'), null)
  assert.match(validateFiles(many(51), 'python3') ?? '', /at most 50 modules, found 51/)
  assert.equal(bytesOfFiles(many(3)), 6)
})

test('modules are sorted by path', () => {
  assert.deepEqual(Object.keys(sortFiles({ 'b.py': '1', 'a.py': '2' })), ['a.py', 'b.py'])
})
