import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'

const MAIN = join(import.meta.dirname, '../src/main.ts')
/** Each took a tenth of a second or more of each start. */
const LATER = [
  '@aws-sdk',
  '@modelcontextprotocol',
  '@opentelemetry/exporter',
  'better-auth',
  'libphonenumber-js',
  'nodemailer',
  'stdnum',
]
const PROGRAM = `
const { registerHooks } = await import('node:module')
const loaded = []
registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
await import(${JSON.stringify(MAIN)})
console.log(JSON.stringify([...loaded, ...process.moduleLoadList]))
`

test('the start of a server loads no library that only some requests and runs need', () => {
  const { stdout, stderr } = spawnSync(process.execPath, ['--no-warnings', '--input-type=module', '-e', PROGRAM])
  assert.equal(stderr.toString(), '')
  const loaded: readonly string[] = JSON.parse(stdout.toString())
  assert.ok(loaded.some((url) => url.includes('/node_modules/fastify/')))
  const early = LATER.filter((name) => loaded.some((url) => url.includes(`/node_modules/${name}`)))
  assert.deepEqual(early, [])
  // Loading it takes 45 ms and 10 MB.
  assert.equal(loaded.includes('NativeModule internal/deps/undici/undici'), false, 'the client of `fetch`')
})
