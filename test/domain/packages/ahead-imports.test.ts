import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  addSet,
  chooseSet,
  importedNames,
  type LearnedSets,
  modulesToLearn,
  namesToCompile,
  readReport,
  readSets,
} from '../../../src/domain/packages/ahead-imports.ts'

const code = (source: string, files = {}) => ({ source, files })

test('the names that code imports at the top of its files are read, in order', () => {
  const source =
    'import os, pandas as pd\nfrom lxml import etree, html\nfrom a.b import (\n  c,\n)\ndef f():\n  import late\n'
  const names = ['os', 'pandas', 'lxml', 'lxml.etree', 'lxml.html', 'a.b']
  assert.deepEqual(importedNames(code(source)), names)
  assert.deepEqual(importedNames(code('import helper\nfrom . import x\n', { 'helper.py': 'import httpx' })), ['httpx'])
})

test('what code imports anywhere is compiled first, also in functions and beside a change of variables', () => {
  const source = 'import os\nos.environ["A"] = "b"\ndef f():\n    from pandas.io import excel\n'
  const names = ['os', 'pandas.io', 'pandas.io.excel', 'httpx']
  assert.deepEqual(namesToCompile(code(source, { 'a.py': 'try:\n\timport httpx\nexcept ImportError: pass' })), names)
  const many = Array.from({ length: 2_000 }, (_, number) => `import m${number}`).join('\n')
  assert.equal(namesToCompile(code(many)).length, 500)
})

test('K01 code that sets environment variables gets no import ahead, as packages may read them', () => {
  assert.deepEqual(importedNames(code('import os\nos.environ["MODE"] = "x"\nimport pandas\n')), [])
})

test('K02 of a report of a sandbox only short names of modules are read, and not too many', () => {
  const bad = ['a b', '../x', '', 'a..b', 1, null, {}, 'x'.repeat(101), 'pip.__main__', '__main__', 'a;b', '.a', 'é']
  assert.deepEqual(readReport([...bad, 'numpy', 'a.b_c']), ['numpy', 'a.b_c'])
  assert.equal(readReport(Array.from({ length: 5_000 }, (_, index) => `m${index}`)).length, 2_000)
  for (const value of [undefined, null, 'numpy', { 0: 'numpy', length: 1 }]) assert.deepEqual(readReport(value), [])
})

test('K02 learned is what the code imports itself, was reported, and is among the packages', () => {
  const reported = ['pandas', 'pandas.core', 'numpy', 'evil', 'lxml.etree', 'lxml']
  const source = 'import pandas\nfrom lxml import etree\nimport evil\nimport json\n'
  const installed = (name: string) => name === 'pandas' || name === 'lxml' || name === 'json'
  assert.deepEqual(modulesToLearn(code(source), reported, installed), ['pandas', 'lxml', 'lxml.etree'])
  const many = Array.from({ length: 100 }, (_, index) => `m${index}`)
  assert.equal(modulesToLearn(code(`import ${many.join(', ')}\n`), many, () => true).length, 32)
})

test('K03 code gets the largest set of which it imports every module itself', () => {
  const sets: LearnedSets = [['pandas'], ['pandas', 'lxml'], ['sklearn']]
  assert.deepEqual(chooseSet(sets, code('import pandas\nimport lxml\n')), ['pandas', 'lxml'])
  assert.deepEqual(chooseSet(sets, code('import pandas\n')), ['pandas'])
  assert.deepEqual(chooseSet(sets, code('import numpy\n')), [])
})

test('sets are kept newest last, each once, and not too many', () => {
  assert.deepEqual(addSet([['a'], ['b']], ['a']), [['b'], ['a']])
  const many = Array.from({ length: 20 }, (_, index) => [`m${index}`])
  assert.equal(many.reduce<LearnedSets>(addSet, []).length, 8)
  assert.deepEqual(readSets([['a', '../b'], 'x', [], ['c']]), [['a'], ['c']])
  assert.deepEqual(readSets({ a: 1 }), [])
})
