/** The documentation as a site: its files and menu, its look in a browser, and what its search finds. */

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { ensureDocsBuild } from '../../scripts/set-up/web.ts'
import { inLanguage } from '../../web/src/lib/ui/help/docs-page.ts'
import { assertAccessible } from '../helpers/axe.ts'
import { keepScreenshot, NARROW, NEEDS_BROWSER, openBrowser, openTab, type Tab, WIDE } from '../helpers/browser.ts'
import { type SharedServer, shareServer } from '../helpers/shared-servers.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const DIST = join(ROOT, 'docs/.vitepress/dist')

let server: SharedServer
let browser: Browser
let tab: Tab
before(async () => {
  await ensureDocsBuild(ROOT)
  if (NEEDS_BROWSER.skip !== false) return
  browser = await openBrowser()
  server = await shareServer()
  tab = await openTab(browser)
})
after(async () => {
  await browser?.close()
  await server?.close()
})

test('the site has the files that its pages link to', () => {
  const pages = readdirSync(DIST, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.html'))
  const missing = pages.flatMap((page) =>
    [...readFileSync(join(DIST, page), 'utf8').matchAll(/<a [^>]*?href="([^"#]+\.(?:json|svg))"/g)]
      .map(([, href = '']) => new URL(href, `http://site/docs/${page}`).pathname)
      .filter((path) => path.startsWith('/docs/') && !existsSync(join(DIST, path.slice('/docs/'.length)))),
  )
  assert.deepEqual(missing, [])
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

test('the help of the app leads to headings that exist, and to French guides', () => {
  const help = readFileSync(join(ROOT, 'web/src/lib/ui/help/help-link.tsx'), 'utf8')
  const links = [...help.matchAll(/page: '([^']+)'/g)].map(([, link = '']) => link)
  assert.ok(links.length > 5, `only ${links.length} links were found`)
  const french = links.map((link) => inLanguage(link, 'fr')).filter((link) => !links.includes(link))
  assert.deepEqual(french, ['fr/guides/lasting', 'fr/guides/decisions'])
  for (const [page = '', anchor] of [...links, ...french].map((link) => link.split('#'))) {
    const html = readFileSync(join(DIST, `${page}.html`), 'utf8')
    if (anchor !== undefined) assert.ok(html.includes(`id="${anchor}"`), `${page}#${anchor}`)
  }
})

const VIEWS = [
  { path: '', viewport: WIDE, colorScheme: 'light' },
  { path: 'guides/retries', viewport: WIDE, colorScheme: 'dark' },
  { path: 'start/first-workflow', viewport: NARROW, colorScheme: 'dark' },
  { path: 'reference/limits', viewport: NARROW, colorScheme: 'light' },
  { path: 'fr/start/first-workflow', viewport: WIDE, colorScheme: 'light' },
] as const

for (const { path, viewport, colorScheme } of VIEWS) {
  test(
    `/docs/${path} has no barriers and no errors, ${colorScheme}, ${viewport.width} wide`,
    NEEDS_BROWSER,
    async () => {
      const { page, errors } = tab
      await page.setViewportSize(viewport)
      await page.emulateMedia({ colorScheme })
      await open(path)
      await keepScreenshot(tab, `docs-${path.replaceAll('/', '-')}-${colorScheme}-${viewport.width}`)
      const excess = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth')
      assert.ok(Number(excess) <= 0, `the page is ${excess} pixels wider than the window`)
      await assertAccessible(tab)
      assert.deepEqual(errors, [])
    },
  )
}

/** What a reader types, and the page that has the answer. */
const SEARCHES = {
  retry: 'guides/retries',
  timeout: 'reference/runs',
  secret: 'reference/settings',
  idempotency: 'guides/retries',
  'cron time zone': 'reference/schedules',
  'dead letter': 'guides/retries',
  'rate limit': 'guides/callers',
  'webhook signature': 'guides/callers',
  backup: 'operate/backups',
  npm: 'guides/javascript',
} as const

test('the search finds what readers look for among its first five answers', NEEDS_BROWSER, async () => {
  const { page, errors } = tab
  await page.setViewportSize(WIDE)
  await open('')
  await page.getByRole('button', { name: 'Search' }).first().click()
  const [box, answers] = [page.locator('.VPLocalSearchBox input'), page.locator('.VPLocalSearchBox .result')]
  for (const [words, wanted] of Object.entries(SEARCHES)) {
    // Answers to the words before it are gone when there are none.
    await box.fill('')
    await answers.first().waitFor({ state: 'detached' })
    await box.fill(words)
    await answers.first().waitFor()
    const links = await page.evaluate<string[]>(FIRST_ANSWERS)
    assert.ok(
      links.some((link) => link.startsWith(`/docs/${wanted}`)),
      `${words}: ${links.join(' ')}`,
    )
  }
  assert.deepEqual(errors, [])
})

const FIRST_ANSWERS =
  "[...document.querySelectorAll('.VPLocalSearchBox .result')].slice(0, 5).map((answer) => answer.getAttribute('href'))"

/** Loads a page and waits until its scripts have taken over. */
async function open(path: string): Promise<void> {
  await tab.page.goto(`${server.url}/docs/${path}`)
  await tab.page.waitForFunction('document.querySelector("#app")?.__vue_app__ !== undefined')
}
