/** One specifier of an npm package. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSpecifier } from '../../../src/domain/packages/npm-specifier.ts'

const refusal = (specifier: string): string => {
  try {
    parseSpecifier(specifier)
  } catch (error) {
    return error instanceof Error ? error.message : ''
  }
  return 'accepted'
}

test('a specifier has a name, a version or a range, and maybe a path', () => {
  for (const [specifier, name, range] of [
    ['npm:zod@4', 'zod', '4'],
    ['npm:/zod@4.1.2', 'zod', '4.1.2'],
    ['npm:@aws-sdk/client-s3@^3', '@aws-sdk/client-s3', '^3'],
    ['npm:@aws-sdk/client-s3@^3/dist-es/index.js', '@aws-sdk/client-s3', '^3'],
    ['npm:date-fns@4/addDays', 'date-fns', '4'],
    ['npm:left-pad@>=1%20<2', 'left-pad', '>=1 <2'],
  ]) {
    assert.deepEqual(parseSpecifier(specifier ?? ''), { name, range }, specifier)
  }
})

test('a specifier without a version is completed in the error, with its path', () => {
  assert.match(refusal('npm:zod'), /"npm:zod" names no version\. Write npm:zod@VERSION with the version that you want$/)
  assert.match(refusal('npm:@scope/one/deep.js'), /Write npm:@scope\/one@VERSION\/deep\.js/)
  assert.match(refusal('npm:zod@'), /names no version/)
})

test('tags, addresses, other names and long texts are refused', () => {
  for (const range of ['latest', 'file:..', 'git+ssh:x', 'https:%2F%2Fevil.example%2Fa.tgz', 'npm:other'])
    assert.match(refusal(`npm:zod@${range}`), /expected a version or a range behind zod@/, range)
  for (const name of ['', 'UPPER', '../up', '.hidden', 'a b', '@scope', `${'x'.repeat(215)}`])
    assert.match(refusal(`npm:${name}@1`), /expected the name of a package and a version, such as npm:zod@4/, name)
  assert.match(refusal(`npm:zod@${'1'.repeat(500)}`), /at most 500 characters/)
})
