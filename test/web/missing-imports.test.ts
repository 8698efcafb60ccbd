/** The imports that the editor offers for undefined names. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { STANDARD_MODULES } from '../../src/domain/modules/standard-modules.ts'
import { findImport, MODULES } from '../../web/src/features/workflows/editor/code/missing-imports.ts'

const SIGNATURE = 'def workflow(_request: Dict, settings: Dict) -> Union[None, Dict]:\n    pass\n'
const find = (name: string, source: string, missing: readonly string[] = [name]) =>
  findImport(name, missing, { source, packages: ['requests', 'hrflow'] })

test('the editor and the server know the same modules of the standard library', () => {
  const named = [...STANDARD_MODULES].filter((name) => !name.startsWith('__'))
  assert.deepEqual([...MODULES].sort(), named.sort())
})

test('all names of typing that a signature uses are imported by one line', () => {
  assert.deepEqual(find('Dict', SIGNATURE, ['Dict', 'Dict', 'Union', 'Dict', 'json']), {
    line: 'from typing import Dict, Union',
    at: 0,
    renamed: null,
  })
})

test('modules of the standard library and installed packages are imported, other names are not', () => {
  assert.equal(find('json', SIGNATURE)?.line, 'import json')
  assert.equal(find('hrflow', SIGNATURE)?.line, 'import hrflow')
  assert.equal(find('pandas', SIGNATURE), null)
  assert.equal(find('client', SIGNATURE), null)
})

test('request.get of the published Pull example becomes requests.get', () => {
  assert.deepEqual(find('request', SIGNATURE), { line: 'import requests', at: 0, renamed: 'requests' })
})

test('an import comes after the comments, the docstring and imports of __future__', () => {
  for (const head of [
    '# /// script\n# dependencies = ["pandas"]\n# ///\n\n',
    '"""One line."""\n',
    '"""Two\nimport lines.\n"""\n\nfrom __future__ import annotations\n',
  ])
    assert.equal(find('json', head + SIGNATURE)?.at, head.length, head)
})
