/** Properties go into the text of a `.env` file and come back as they were, or are named as left out. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'dotenv'
import fc from 'fast-check'
import { planEnv, unreadLines, writeEnv } from '../../web/src/features/settings/env-text.ts'
import { SEED } from '../helpers/seed.ts'

const setting = (key: string, value: unknown, secret = false) => ({
  key,
  value: secret ? null : JSON.stringify(value),
  secret,
  revision: 3,
})

test('dotenv reads an export back unchanged, and the export omits secrets', () => {
  const awkward = fc.string({ unit: fc.constantFrom(...'ab =#\'"`\\n\n\r\t$ é{}') })
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.stringMatching(/^[A-Z][A-Z0-9_.-]{0,8}$/), { maxLength: 6 }),
      awkward,
      (keys, value) => {
        const text = writeEnv(keys.map((key) => setting(key, value)))
        const read = parse(text)
        for (const key of keys) {
          if (text.includes(`# ${key} can’t be written`)) assert.equal(key in read, false)
          else assert.equal(read[key], value)
        }
      },
    ),
    { seed: SEED },
  )
  const text = writeEnv([setting('A', 'b c'), setting('API_KEY', 'hidden-value', true), setting('N', { a: [1] })])
  assert.equal(text, 'A=b c\n# API_KEY is a secret: its value is not exported\nN=\'{"a":[1]}\'\n')
})

test('a pasted file shows a preview of what it adds, changes, replaces and keeps', () => {
  const text = 'export NEW="two\\nlines" # comment\nSAME=1\nCHANGED=\'x # y\'\nAPI_KEY=abc\nHRFLOW_TOKEN=t\n# no\n'
  const settings = [setting('SAME', '1'), setting('CHANGED', { n: 1 }), setting('API_KEY', '', true)]
  assert.deepEqual(planEnv(text, settings), [
    { key: 'NEW', value: 'two\nlines', what: 'added', before: null, base: 0, secret: false },
    { key: 'SAME', value: '1', what: 'same', before: '"1"', base: 3, secret: false },
    { key: 'CHANGED', value: 'x # y', what: 'changed', before: '{"n":1}', base: 3, secret: false },
    { key: 'API_KEY', value: 'abc', what: 'replaced', before: null, base: 3, secret: true },
    { key: 'HRFLOW_TOKEN', value: 't', what: 'added', before: null, base: 0, secret: true },
  ])
})

test('lines that can’t be read are named', () => {
  const text = 'A=1\n\n# comment\nthis is no property\nKEY="first\nsecond line\nthird"\n=x\nexport B=2\n'
  assert.deepEqual(unreadLines(text), [4, 8])
})
