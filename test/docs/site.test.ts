/** The documentation as a site: its links, and the way to each of its pages. */

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { before, test } from 'node:test'
import { findBrokenLinks } from '../../scripts/docs/links.ts'
import { ensureDocsBuild } from '../../scripts/set-up/web.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const DIST = join(ROOT, 'docs/.vitepress/dist')

before(() => ensureDocsBuild(ROOT))

test('each link of the built pages leads to a page and a heading', () => {
  assert.deepEqual(findBrokenLinks(DIST, '/docs/'), [])
})

test('each page is in the menu, except the first ones and the list of what was the contract', () => {
  const menu = new Set(
    ['guides/functions.html', 'fr/guides/functions.html'].flatMap((page) =>
      [...readFileSync(join(DIST, page), 'utf8').matchAll(/href="\/docs\/([^"#]*)"/g)].map(([, link = '']) => link),
    ),
  )
  const pages = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !name.startsWith('.vitepress'))
    .map((name) => name.slice(0, -'.md'.length))
  assert.ok(pages.length > 50, `only ${pages.length} pages were found`)
  assert.deepEqual(pages.filter((page) => !menu.has(page)).sort(), ['contract', 'fr/index', 'index'])
})

test('the help of the app leads to headings that exist', () => {
  const help = readFileSync(join(ROOT, 'web/src/lib/ui/help/help-link.tsx'), 'utf8')
  const links = [...help.matchAll(/page: '([^']+)'/g)].map(([, link = '']) => link)
  assert.ok(links.length > 5, `only ${links.length} links were found`)
  for (const [page = '', anchor] of links.map((link) => link.split('#'))) {
    const html = readFileSync(join(DIST, `${page}.html`), 'utf8')
    if (anchor !== undefined) assert.ok(html.includes(`id="${anchor}"`), `${page}#${anchor}`)
  }
})
