/** The links of all documents. */

import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { findBrokenLinks } from '../../scripts/docs/links.ts'

test('each link of a document leads to a file and a heading that exist', async () => {
  assert.deepEqual(await findBrokenLinks(resolve(import.meta.dirname, '../..')), [])
})

test('links to missing files and headings are named, and others are not', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'workflows-links-'))
  t.after(() => rm(root, { recursive: true }))
  await mkdir(join(root, 'docs/guides'), { recursive: true })
  await writeFile(
    join(root, 'README.md'),
    '[a](docs/guides/a.md#one--two) [b](https://example.com/x) ![c](docs/c.svg)\n',
  )
  await writeFile(
    join(root, 'docs/guides/a.md'),
    '# Title\n\n## One & *two*\n\n- [d](#three) `[e](none.md)`\n- [f](b.md), [g](../../README.md), [h](..), [i](../../../x)\n',
  )
  assert.deepEqual(await findBrokenLinks(root), [
    'README.md: docs/guides/a.md#one--two leads to no heading',
    'README.md: docs/c.svg leads to no file',
    'docs/guides/a.md: #three leads to no heading',
    'docs/guides/a.md: b.md leads to no file',
    'docs/guides/a.md: ../../../x leads to no file',
  ])
})
