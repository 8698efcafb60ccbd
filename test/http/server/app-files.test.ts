/** The app's files, served from the folder that the build makes. */

import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { FastifyInstance } from 'fastify'
import fastify from 'fastify'
import pino from 'pino'
import { addAppFiles } from '../../../src/http/server/app-files.ts'
import { createRefusals } from '../../../src/http/wire/refusals.ts'

const PAGE = '<!doctype html><title>Workflows</title>'
const refusals = createRefusals(pino({ enabled: false }))
let folder: string
let app: FastifyInstance

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'workflows-web-'))
  await mkdir(join(folder, 'web/assets'), { recursive: true })
  await writeFile(join(folder, 'web/index.html'), PAGE)
  await writeFile(join(folder, 'web/assets/app-1a2b.js'), 'export {}')
  await writeFile(join(folder, 'secret'), 'not for you')
  await writeFile(join(folder, 'web/assets/app-1a2b.js.gz'), gzipSync('export {}'))
  app = fastify()
  await addAppFiles(app, join(folder, 'web'), refusals)
})
after(async () => {
  await app.close()
  await rm(folder, { recursive: true })
})

const get = (url: string, accept = 'text/html,*/*') => app.inject({ method: 'GET', url, headers: { accept } })

test('pages of the app are its first page, with a strict policy', async () => {
  for (const url of ['/', '/workflows/wf_1', '/setup?next=x']) {
    const answer = await get(url)
    assert.deepEqual([answer.statusCode, answer.body], [200, PAGE])
    const policy = String(answer.headers['content-security-policy'])
    for (const part of ["default-src 'self'", "frame-ancestors 'none'", "object-src 'none'", "base-uri 'none'"])
      assert.ok(policy.includes(part))
    assert.ok(!/script-src[^;]*unsafe-inline/.test(policy))
    assert.equal(answer.headers['x-content-type-options'], 'nosniff')
    assert.equal(answer.headers['cache-control'], 'no-cache')
  }
})

test('built files last, and have the same headers', async () => {
  const answer = await get('/assets/app-1a2b.js', '*/*')
  assert.deepEqual([answer.statusCode, answer.body], [200, 'export {}'])
  assert.match(String(answer.headers['cache-control']), /immutable/)
  assert.equal(answer.headers['x-content-type-options'], 'nosniff')
})

test('a built file is sent compressed to clients that accept it', async () => {
  const headers = { 'accept-encoding': 'gzip, deflate' }
  const answer = await app.inject({ method: 'GET', url: '/assets/app-1a2b.js', headers })
  assert.equal(answer.headers['content-encoding'], 'gzip')
  assert.match(String(answer.headers['content-type']), /javascript/)
  assert.match(String(answer.headers['cache-control']), /immutable/)
  assert.equal(answer.headers['x-content-type-options'], 'nosniff')
  assert.equal(gunzipSync(answer.rawPayload).toString(), 'export {}')
})

test('what is not there is a problem for programs, and for the API always', async () => {
  for (const answer of [
    await get('/assets/gone.js', '*/*'),
    await get('/api/nothing'),
    await app.inject({ method: 'POST', url: '/workflows', headers: { accept: 'text/html' } }),
  ]) {
    assert.equal(answer.statusCode, 404)
    assert.equal(answer.headers['content-type'], 'application/problem+json')
    assert.match(String(answer.headers['x-request-id']), /^[0-9a-f]{16}$/)
  }
})

test('nothing outside the folder is served', async () => {
  for (const url of ['/../secret', '/%2e%2e/secret', '/assets/..%2f..%2f..%2fsecret', '/..%5csecret', '//etc/passwd']) {
    const answer = await get(url, '*/*')
    assert.ok(answer.statusCode >= 400, url)
    assert.ok(!answer.body.includes('not for you') && !answer.body.includes('root:'), url)
  }
})

test('without a build the first page says where the API is', async () => {
  const bare = fastify()
  await addAppFiles(bare, join(folder, 'nothing'), refusals)
  assert.match((await bare.inject('/')).body, /\/api\/docs/)
  await bare.close()
})
