/** What the imports of JavaScript and TypeScript declare. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { npmDeclarationKey, readNpmDeclaration } from '../../../src/domain/packages/npm-declaration.ts'
import { PackagesError } from '../../../src/domain/packages/packages-error.ts'

const read = (source: string, files: Record<string, string> = {}) => readNpmDeclaration({ source, files })
const fails = (message: RegExp, line: number | null) => (error: unknown) => {
  assert.ok(error instanceof PackagesError)
  assert.match(error.message, message)
  assert.equal(error.line, line)
  return true
}

test('imports of the source and of the modules beside it are declared once each, also with import() of a text', () => {
  const source = `import { z } from 'npm:zod@4'
import type { Type } from "npm:zod@4"
export { x } from 'npm:left-pad@1.3.0'
const late = () => import('npm:@scope/late@^2/deep.js')
import fs from 'node:fs'
`
  const files = { 'lib/one.ts': "import 'npm:dayjs@1'", 'data.json': '"npm:nothing@1"' }
  assert.deepEqual(read(source, files)?.requirements, [
    { name: 'zod', range: '4' },
    { name: 'left-pad', range: '1.3.0' },
    { name: '@scope/late', range: '^2' },
    { name: 'dayjs', range: '1' },
  ])
})

test('texts, comments and code that is no module declare nothing', () => {
  assert.equal(read(`// import 'npm:zod@4'\nconst text = "import 'npm:zod@4'"\n`), null)
  assert.equal(read("import { from 'npm:zod@4'"), null)
  assert.equal(read('export default () => 1'), null)
})

test('what breaks the rules is refused with the line of the source, or with the module in words', () => {
  assert.throws(() => read("\nimport 'npm:zod'"), fails(/names no version/, 2))
  assert.throws(() => read('', { 'lib/a.ts': "\n\nimport 'npm:zod'" }), fails(/^line 3 of lib\/a\.ts: /, null))
  const two = "import 'npm:zod@3'\nimport 'npm:zod@4'"
  assert.throws(() => read(two), fails(/one version of zod, found npm:zod@3 in line 1 and npm:zod@4 in line 2/, 2))
  const many = Array.from({ length: 201 }, (_, number) => `import 'npm:p${number}@1'`).join('\n')
  assert.throws(() => read(many), fails(/at most 200 packages in the imports, found 201/, null))
})

test('imports that ask for the same have one key, whatever their order', () => {
  const keyOf = (source: string, runtime = 'node24') => npmDeclarationKey(read(source) ?? { requirements: [] }, runtime)
  const key = keyOf("import 'npm:a@1'\nimport 'npm:b@2'")
  assert.equal(keyOf("import 'npm:b@2'\nimport 'npm:a@1'"), key)
  assert.notEqual(keyOf("import 'npm:a@2'\nimport 'npm:b@2'"), key)
  assert.notEqual(keyOf("import 'npm:a@1'\nimport 'npm:b@2'", 'node26'), key)
})

// To count the lines from the start for each import took 1.7 s for 10,000 of them.
test('a source of 50,000 imports is read in linear time', () => {
  const source = `${'import "npm:zod@4"\n'.repeat(50_000)}import "npm:zod"\n`
  assert.throws(() => readNpmDeclaration({ source, files: {} }), { line: 50_001 })
})
