/** The imports of npm packages are edited in place: the server reads what the person wrote and what the panel added. */

import assert from 'node:assert/strict'
import { builtinModules } from 'node:module'
import { test } from 'node:test'
import { readNpmDeclaration } from '../../src/domain/packages/npm-declaration.ts'
import { packageName, typedRange } from '../../web/src/features/workflows/editor/packages/declared.ts'
import {
  addImport,
  bareImports,
  bareName,
  declareImports,
  importedPackages,
  removeImports,
} from '../../web/src/features/workflows/editor/packages/imports.ts'

const BODY = 'export default () => 1\n'
const code = (source: string, files: Record<string, string> = {}) => ({ source, files })

test('the panel lists the packages that the server locks, also those of modules', () => {
  const source = `import { z } from 'npm:zod@4'\nimport type {} from 'npm:@types/lodash@4'\n${BODY}`
  const files = {
    'lib/a.ts': "export const s3 = await import('npm:@aws-sdk/client-s3@^3/x')\n",
    'a.json': "'npm:no@1'",
  }
  const found = importedPackages(code(source, files))
  assert.deepEqual(found, ['zod@4', '@types/lodash@4', '@aws-sdk/client-s3@^3'])
  const locked = readNpmDeclaration(code(source, files))?.requirements.map(({ name, range }) => `${name}@${range}`)
  assert.deepEqual(found, locked)
  assert.deepEqual(importedPackages(code('import { from "npm:zod@4')), [])
})

test('a package that is added is imported before the others, behind the first comments', () => {
  assert.equal(addImport(code(BODY), 'lodash@^4').source, `import * as lodash from 'npm:lodash@^4'\n${BODY}`)
  assert.equal(
    addImport(code(`// @ts-nocheck\n\n${BODY}`), '@aws-sdk/client-s3@3').source,
    `// @ts-nocheck\nimport * as clientS3 from 'npm:@aws-sdk/client-s3@3'\n\n${BODY}`,
  )
  const { source } = addImport(code(`import { b } from './b.ts'\n${BODY}`), '7zip-min@1')
  assert.equal(source, `import * as _7zipMin from 'npm:7zip-min@1'\nimport { b } from './b.ts'\n${BODY}`)
  assert.deepEqual(readNpmDeclaration(code(source))?.requirements, [{ name: '7zip-min', range: '1' }])
})

test('a package that is removed loses its import statements in all files', () => {
  const source = `import a from 'npm:a@1'\nimport { z } from 'npm:zod@4'; import b from 'npm:b@1'\n${BODY}`
  const files = { 'lib/a.ts': "import { mini } from 'npm:zod@4/mini'\nexport { mini }\n" }
  assert.deepEqual(
    removeImports(code(source, files), 'zod@4'),
    code(`import a from 'npm:a@1'\nimport b from 'npm:b@1'\n${BODY}`, { 'lib/a.ts': 'export { mini }\n' }),
  )
})

test('an import without npm: is found and gets its version, with the path behind the name', () => {
  const source = `import { z } from "zod/mini"\nimport type { A } from 'types-only'\nimport { readFile } from 'fs/promises'\nimport 'node:os'\nconst x = await import('zod')\nimport './zod.ts'\n${BODY}`
  assert.deepEqual(bareImports(code(source)), ['zod'])
  const { source: declared } = declareImports(code(source), 'zod', '^4.1.2')
  assert.match(declared, /from "npm:zod@\^4\.1\.2\/mini"\n[\s\S]*import\('npm:zod@\^4\.1\.2'\)\nimport '\.\/zod\.ts'/)
  assert.deepEqual(bareImports(code(declared)), [])
  assert.deepEqual(importedPackages(code(declared)), ['zod@^4.1.2'])
})

test('modules of Node are no packages', () => {
  for (const name of builtinModules) if (!name.startsWith('_')) assert.equal(bareName(name), null, name)
})

test('what a person types is read as a package and a range', () => {
  for (const [typed, name, range] of [
    ['lodash', 'lodash', null],
    ['npm:zod@4', 'zod', '4'],
    ['@aws-sdk/client-s3@^3.1', '@aws-sdk/client-s3', '^3.1'],
    ['@aws-sdk/client-s3', '@aws-sdk/client-s3', null],
    ['not a name', '', null],
  ] as const) {
    assert.equal(packageName(typed, 'javascript'), name)
    assert.equal(typedRange(typed), range)
  }
})
