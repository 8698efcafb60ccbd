import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isTypeScript, readSources, type Source } from './sources.ts'

/** The only files of the app and the command line that send requests by address: to better-auth, for files and for streams. */
const BY_ADDRESS = [
  'cli/folders/server.ts',
  'cli/requests.ts',
  'web/src/features/people/account/factors/call-accounts.ts',
  'web/src/features/workflows/list/create/import-folder.tsx',
  'web/src/lib/requests/runs/run-body.ts',
  'web/src/lib/client/sse.ts',
]

/** Where the app makes its client, and says by what it sends. */
const MADE_IN = 'web/src/lib/client/api.ts'
/** It speaks the language server's protocol over a WebSocket, which is no call of the API. */
const LANGUAGE_SERVER = 'web/src/features/workflows/editor/language/connection.ts'

/** Calls of the server that go past the client's typed methods. */
function findOtherCalls(sources: readonly Source[]): readonly string[] {
  // The importers write code of functions, which calls other servers when it runs.
  const users = sources.filter(
    ({ path }) => path !== MADE_IN && path !== LANGUAGE_SERVER && !path.startsWith('cli/importers/'),
  )
  return users.flatMap(({ path, text }) => {
    const code = text.replace(/^\s*(?:\/\/|\/?\*).*$/gm, '')
    const found =
      /(?<!\b(?:api|client)\.)\bfetch\(|\b(?:XMLHttpRequest|EventSource|WebSocket|sendBeacon)\b|\baxios\b/.exec(code)
    const byAddress = BY_ADDRESS.includes(path) ? null : /\b(?:api|client)\.fetch\(|\bfetch:/.exec(code)
    return [found, byAddress].flatMap((match) => (match === null ? [] : [`${path}: ${match[0]}`]))
  })
}

test('the app and the command line call the API through the typed client only', () => {
  const sources = readSources(['web/src', 'cli'], isTypeScript)
  assert.ok(sources.length > 100, `only ${sources.length} files were found`)
  assert.deepEqual(findOtherCalls(sources), [])
})

test('a call past the client is found', () => {
  for (const text of [
    "const answer = await fetch('/api/me')",
    "new EventSource('/api/events')",
    "await api.fetch('/api/me')",
    'navigator.sendBeacon(url)',
  ]) {
    assert.equal(findOtherCalls([{ path: 'web/src/a.ts', text }]).length, 1, text)
  }
  const fine = ['void query.refetch()', "await api.get('/api/me')", '// fetch(x) is not called']
  for (const text of fine) assert.deepEqual(findOtherCalls([{ path: 'web/src/a.ts', text }]), [])
})

test('the app names its queries in one place', () => {
  const sources = readSources(['web/src'], isTypeScript).filter(
    ({ path }) => path !== 'web/src/lib/client/query-keys.ts',
  )
  const found = sources.filter(({ text }) => /queryKey: \['/.test(text)).map(({ path }) => path)
  // It asks no server.
  assert.deepEqual(found, ['web/src/lib/use-cron-words.ts'])
})
