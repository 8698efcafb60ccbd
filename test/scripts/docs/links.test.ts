import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { findBrokenLinks } from '../../../scripts/docs/links.ts'

test('links to missing pages, files and headings are named, and others are not', async (t) => {
  const dist = await mkdtemp(join(tmpdir(), 'workflows-links-'))
  t.after(() => rm(dist, { recursive: true }))
  await mkdir(join(dist, 'guides'))
  await writeFile(join(dist, 'schema.json'), '{}')
  await writeFile(join(dist, 'index.html'), '<a href="/docs/guides/a#one">a</a><a href="https://example.com/x">b</a>')
  await writeFile(
    join(dist, 'guides/a.html'),
    '<h2 id="one">One</h2><a class="x" href="#two">c</a><a href="/docs/guides/b">d</a><a href="/docs/schema.json">e</a>' +
      '<a href="/docs/">f</a><a href="/api/docs">g</a>',
  )
  assert.deepEqual(findBrokenLinks(dist, '/docs/'), [
    'guides/a.html: #two leads to no heading',
    'guides/a.html: /docs/guides/b leads to no page',
    'guides/a.html: /api/docs is not under /docs/',
  ])
})
