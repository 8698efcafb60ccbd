/** The documentation's files, served from the folder that its build makes. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import fastify from 'fastify'
import pino from 'pino'
import { addAppFiles } from '../../../src/http/server/app-files.ts'
import { addDocumentation } from '../../../src/http/server/documentation.ts'
import { createRefusals } from '../../../src/http/wire/refusals.ts'

const SCRIPT = 'document.documentElement.dataset.theme = "dark"'
const PAGE = `<!doctype html><script id="theme">${SCRIPT}</script><script type="module" src="/docs/assets/a.js"></script>`
let folder: string
let app: FastifyInstance

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'workflows-docs-'))
  await mkdir(join(folder, 'web'))
  await writeFile(join(folder, 'web/index.html'), 'the app')
  await writeFile(join(folder, 'secret'), 'not for you')
  app = fastify()
  await addDocumentation(app, join(folder, 'docs'))
  await addAppFiles(app, join(folder, 'web'), createRefusals(pino({ enabled: false })))
})
after(async () => {
  await app.close()
  await rm(folder, { recursive: true })
})

const get = (url: string) => app.inject({ method: 'GET', url, headers: { accept: 'text/html,*/*' } })

test('before the build, a page says which command builds it; afterwards the same server sends pages', async () => {
  const before = await get('/docs/guides/retries')
  assert.equal(before.statusCode, 404)
  assert.match(before.body, /npm run docs:build/)
  await mkdir(join(folder, 'docs/assets'), { recursive: true })
  await mkdir(join(folder, 'docs/guides'))
  for (const name of ['index.html', '404.html', 'guides/retries.html'])
    await writeFile(join(folder, 'docs', name), `${PAGE}${name}`)
  await writeFile(join(folder, 'docs/assets/a.js'), 'export {}')
  assert.equal((await get('/docs')).headers.location, '/docs/')
  for (const [url, name] of [
    ['/docs/', 'index.html'],
    ['/docs/guides/retries', 'guides/retries.html'],
  ] as const) {
    const { statusCode, body, headers } = await get(url)
    assert.deepEqual([statusCode, body], [200, `${PAGE}${name}`])
    assert.match(String(headers['content-type']), /text\/html/)
  }
  const gone = await get('/docs/guides/gone')
  assert.deepEqual([gone.statusCode, gone.body], [404, `${PAGE}404.html`])
})

test('the content policy allows the inline scripts of the build and no others', async () => {
  const hash = createHash('sha256').update(SCRIPT).digest('base64')
  for (const url of ['/docs/', '/docs/guides/retries', '/docs/guides/gone']) {
    const policy = String((await get(url)).headers['content-security-policy'])
    assert.ok(policy.includes(`script-src 'self' 'sha256-${hash}';`), policy)
    for (const part of ["default-src 'self'", "frame-ancestors 'none'", "object-src 'none'"])
      assert.ok(policy.includes(part), policy)
  }
})

test('assets are kept by browsers, and pages are asked for again', async () => {
  assert.match(String((await get('/docs/assets/a.js')).headers['cache-control']), /immutable/)
  assert.equal((await get('/docs/')).headers['cache-control'], 'no-cache')
})

test('nothing outside the folder is served', async () => {
  for (const url of ['/docs/../secret', '/docs/%2e%2e/secret', '/docs/..%2fsecret', '/docs/..%5csecret']) {
    const { body } = await get(url)
    assert.ok(!body.includes('not for you'), url)
  }
})
