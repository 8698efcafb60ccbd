import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeBase64 } from '../../../src/domain/json/base64.ts'
import { decodeText } from '../../../src/domain/json/text.ts'

const PIECES = ['a', 'é', '€', '😀', '\\ud83d\\ude00', '\\n', '\\\\', '\\u00e9', '\\"', ' ']

test('a long JSON string is decoded as JSON.parse decodes it, wherever it is cut', async () => {
  for (let shift = 0; shift < PIECES.length * 2; shift += 1) {
    const pieces = Array.from({ length: 200_000 }, (_, index) => PIECES[(index * 7 + shift) % PIECES.length])
    const json = `"${'x'.repeat(shift)}${pieces.join('')}"`
    const decoded = await decodeText(Buffer.from(json))
    assert.ok(decoded?.equals(Buffer.from(JSON.parse(json))), `shift ${shift}`)
  }
  assert.equal((await decodeText(Buffer.from('""')))?.length, 0)
})

test('a lone surrogate is no text', async () => {
  for (const json of ['"\\ud83d"', '"\\ude00"', `"${'a'.repeat(600_000)}\\ude00"`, '"\\ud83d\\ud83d\\ude00"']) {
    assert.equal(await decodeText(Buffer.from(json)), null, json.slice(-20))
  }
})

test('long base64 is decoded, and what only looks like it is refused', async () => {
  const bytes = Buffer.from(Array.from({ length: 3_000_001 }, (_, index) => index % 251))
  const text = bytes.toString('base64')
  assert.ok((await decodeBase64(Buffer.from(text)))?.equals(bytes))
  assert.equal((await decodeBase64(Buffer.alloc(0)))?.length, 0)
  const padded = `${'A'.repeat(1024 * 1024 - 2)}==AAAA`
  for (const wrong of [text.slice(0, -1), `${text} `, 'a_-=', padded]) {
    assert.equal(await decodeBase64(Buffer.from(wrong)), null, wrong.slice(-10))
  }
})
