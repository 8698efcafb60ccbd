/** The app has the words of each provider of connections. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PRESETS } from '../../src/domain/connections/presets.ts'
import { NOTES, OTHER_NAME } from '../../web/src/features/connections/provider-words.ts'

test('the notes of providers are those of the server', () => {
  assert.deepEqual(NOTES, Object.fromEntries(PRESETS.map(({ provider, notes }) => [provider, notes])))
  assert.equal(OTHER_NAME, PRESETS.find(({ provider }) => provider === 'oauth2')?.name)
})
