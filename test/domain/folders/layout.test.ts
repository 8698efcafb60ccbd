import assert from 'node:assert/strict'
import { test } from 'node:test'
import { folderNameOf } from '../../../src/domain/folders/layout.ts'

const NAMES: Readonly<Record<string, string>> = {
  'parse-resume': 'parse-resume',
  'Parse Résumé (v2)': 'parse-resume-v2',
  '../../etc/passwd': 'etc-passwd',
  '..': 'workflow',
  日本: 'workflow',
  'C:\\x': 'c-x',
  'a_b.c': 'a_b.c',
  [`${'x'.repeat(59)} y`]: 'x'.repeat(59),
}

for (const [name, expected] of Object.entries(NAMES)) {
  test(`the folder of ${JSON.stringify(name)} is ${expected}`, () => assert.equal(folderNameOf(name), expected))
}
