import assert from 'node:assert/strict'
import { test } from 'node:test'
import { importedNames } from '../../../src/domain/packages/imported-names.ts'

const code = (source: string, files = {}) => ({ source, files })

test('the names that code imports at the top of its files are read, in order', () => {
  const source =
    'import os, pandas as pd\nfrom lxml import etree, html\nfrom a.b import (\n  c,\n)\ndef f():\n  import late\n'
  const names = ['os', 'pandas', 'lxml', 'lxml.etree', 'lxml.html', 'a.b']
  assert.deepEqual(importedNames(code(source)), names)
  assert.deepEqual(importedNames(code('import helper\nfrom . import x\n', { 'helper.py': 'import httpx' })), ['httpx'])
})

test('K01 code that sets environment variables gets no import ahead, as packages may read them', () => {
  assert.deepEqual(importedNames(code('import os\nos.environ["MODE"] = "x"\nimport pandas\n')), [])
})

test('K02 only short names of modules count, and not too many', () => {
  const source = `import a.b_c, pip.__main__, é, ${'x'.repeat(101)}\nfrom . import own\nimport numpy; x\n`
  assert.deepEqual(importedNames(code(source)), ['a.b_c', 'numpy'])
  const many = Array.from({ length: 5_000 }, (_, index) => `m${index}`)
  assert.equal(importedNames(code(`import ${many.join(', ')}\n`)).length, 100)
})
