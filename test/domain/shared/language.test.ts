import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sourceNameOf } from '../../../src/domain/folders/layout.ts'
import { validateFiles } from '../../../src/domain/modules/module-files.ts'
import { languageOf } from '../../../src/domain/shared/language.ts'

test('the language follows from the runtime, and with it the name of the source', () => {
  assert.deepEqual(['python3', 'python3.11', 'node24'].map(languageOf), ['python', 'python', 'javascript'])
  assert.deepEqual(['python3.6', 'node24'].map(sourceNameOf), ['workflow.py', 'workflow.ts'])
})

test('modules of JavaScript have its endings and stay in their folder', () => {
  const good = ['a.ts', 'lib/deep/b-c.mjs', 'lib/data.json', 'lib.ts', 'lib/index.js']
  assert.equal(validateFiles(Object.fromEntries(good.map((path) => [path, ''])), 'node24'), null)
  for (const path of [
    'a.py',
    '../a.ts',
    '/a.ts',
    'lib/../a.ts',
    '.a.ts',
    'a',
    'lib/.ts',
    'a.tsx',
    'a b.ts',
    'a.ts/b.ts/',
  ]) {
    assert.match(validateFiles({ [path]: '' }, 'node24') ?? '', /expected a relative path such as lib\/parse\.ts/, path)
  }
  assert.match(validateFiles({ 'workflow.ts': '' }, 'node24') ?? '', /name of the source itself/)
  assert.match(validateFiles({ 'samples/x.json': '{}' }, 'node24') ?? '', /has a sample of a request/)
  assert.equal(validateFiles({ 'samples/x.ts': '', 'samples/lib/x.json': '{}' }, 'node24'), null)
  assert.match(validateFiles({ 'A.ts': '', 'a.ts': '' }, 'node24') ?? '', /differ only in case/)
  assert.match(validateFiles({ 'a.ts': '' }, 'python3') ?? '', /Python names/)
})
