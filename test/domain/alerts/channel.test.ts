import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseChannelConfig } from '../../../src/domain/alerts/channel.ts'

const parse = (to: string) => parseChannelConfig('email', { to: [to] })

test('Z3-18 an e-mail channel refuses addresses with control characters', () => {
  for (const character of ['\0', '\u0001', '\t', '\n', '\r', '\u001b', '\u007f', '\u0085', '\u009b']) {
    assert.match(String(parse(`ada${character}@example.com`)), /^config.to: expected a list/)
    assert.match(String(parse(`ada@example${character}.com`)), /^config.to: expected a list/)
  }
  assert.deepEqual(parse('ada.lövelace+x@exämple.com'), {
    type: 'email',
    to: ['ada.lövelace+x@exämple.com'],
    language: 'en',
  })
})
