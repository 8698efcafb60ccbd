/** The block of packages is edited in place: the server reads what the person wrote and what the panel added. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readDeclaration } from '../../src/domain/packages/declaration.ts'
import {
  addRequirement,
  missingRequirement,
  nameOf,
  readBlock,
  removeRequirement,
} from '../../web/src/features/workflows/editor/packages/block.ts'
import { SEED } from '../helpers/seed.ts'

const BODY = 'def workflow(r, s):\n    pass\n'

test('a first requirement makes a block, behind a line that names the interpreter', () => {
  assert.equal(addRequirement(BODY, 'pandas'), `# /// script\n# dependencies = ["pandas"]\n# ///\n${BODY}`)
  assert.match(addRequirement(`#!/usr/bin/python3\n${BODY}`, 'pandas'), /^#!.*\n# \/\/\/ script\n/)
})

test('requirements are added to and removed from a block in the form that it has', () => {
  const flat = '# /// script\n# dependencies = ["a>=1"]\n# ///\n'
  assert.equal(addRequirement(flat, 'b'), '# /// script\n# dependencies = ["a>=1", "b"]\n# ///\n')
  assert.equal(removeRequirement(flat, 0), '# /// script\n# dependencies = []\n# ///\n')
  const tall =
    '# /// script\n# requires-python = ">=3.10"\n# dependencies = [\n#     "a>=1",  # why\n#     \'b\'\n# ]\n#\n# [tool.uv]\n# exclude-newer = "2026-01-01"\n# ///\n'
  assert.match(addRequirement(tall, 'c'), /# {5}"a>=1", {2}# why\n# {5}'b',\n# {5}"c",\n# \]\n#\n# \[tool\.uv\]/)
  assert.deepEqual(readBlock(removeRequirement(tall, 1)), { dependencies: ['a>=1'], requiresPython: '>=3.10' })
  const none = '# /// script\n# requires-python = ">=3.10"\n# ///\n'
  assert.equal(addRequirement(none, 'c'), '# /// script\n# dependencies = ["c"]\n# requires-python = ">=3.10"\n# ///\n')
})

test('a block that only a person can edit stays as it is', () => {
  for (const inside of [
    '# dependencies = "a"',
    '# dependencies = [["a"]]',
    '# dependencies = ["a\\u0041"]',
    '# dependencies = [',
  ]) {
    const source = `# /// script\n${inside}\n# ///\n${BODY}`
    assert.equal(readBlock(source), 'unreadable')
    assert.equal(addRequirement(source, 'b'), source)
  }
  assert.equal(readBlock('# /// script\n# dependencies = []\n'), 'unreadable')
  assert.equal(readBlock(BODY), null)
})

test('whatever is added and removed, the server reads the same requirements as the panel', () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9]{0,6}$/)
  const step = fc.oneof(name, fc.nat({ max: 5 }))
  fc.assert(
    fc.property(fc.boolean(), fc.array(step, { maxLength: 12 }), (isTall, steps) => {
      let source = isTall ? '# /// script\n# dependencies = [\n# ]\n# ///\n' : BODY
      let expected: string[] = []
      for (const one of steps) {
        source = typeof one === 'string' ? addRequirement(source, one) : removeRequirement(source, one)
        expected = typeof one === 'string' ? [...expected, one] : expected.filter((_, index) => index !== one)
        const block = readBlock(source)
        assert.deepEqual(block !== null && block !== 'unreadable' ? block.dependencies : [], expected)
        assert.deepEqual(readDeclaration(source)?.dependencies.map(({ text }) => text) ?? [], expected)
      }
    }),
    { seed: SEED },
  )
})

test('a requirement has the name by which an index knows it, and an error names the one that is missing', () => {
  assert.deepEqual(['PyYAML>=6', 'zope.interface[x]', '==1'].map(nameOf), ['pyyaml', 'zope-interface', ''])
  const message =
    'No module named \'yaml\'. Add "PyYAML" to the dependencies in the block `# /// script` of the source.'
  assert.equal(missingRequirement(message), 'PyYAML')
  assert.equal(missingRequirement(null), null)
})
