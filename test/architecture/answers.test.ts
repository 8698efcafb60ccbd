import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isTypeScript, readSources } from './sources.ts'

/** They send files or messages of a WebSocket, or pass an answer of better-auth on. */
const SENDERS = [
  'src/http/api/decisions/bundle.ts',
  'src/http/api/decisions/explanations.ts',
  'src/http/api/decisions/routes.ts',
  'src/http/api/docs-page.ts',
  'src/http/api/folders/routes.ts',
  'src/http/api/language/bridge.ts',
  'src/http/api/language/session.ts',
  'src/http/api/openapi.ts',
  'src/http/api/people/accounts.ts',
  'src/http/api/runs/bodies.ts',
  'src/http/api/system/audit.ts',
]

test('handlers of the API return their JSON, which binds it to the schema, and do not send it', () => {
  const sources = readSources(['src/http/api'], isTypeScript)
  assert.ok(sources.length > 30, `only ${sources.length} files were found`)
  // An event stream sends events, each by name.
  const senders = sources.filter(({ text }) => /\.send\((?!')/.test(text)).map(({ path }) => path)
  assert.deepEqual(senders, SENDERS)
})
