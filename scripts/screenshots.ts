/**
 * Photographs every page, wide and narrow, light and dark, into docs/images/. `npm run screenshots -- run-`: only names
 * that begin with it.
 */

import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import { createOwner, NARROW, openBrowser, openTab, type Tab, WIDE } from '../test/helpers/browser.ts'
import { startServer } from '../test/helpers/server.ts'
import { until } from '../test/helpers/workflows.ts'
import { type Owner, startDemo, startLongRun } from './demo/demo.ts'
import { EMPTY_PICTURES, type Picture, PUBLIC_PICTURES, picturesOf } from './screenshots/pictures.ts'

/** No event marks the last drawing of a chart. */
const SETTLE_MS = 700
/** The smallest value with sharp text. */
const QUALITY = 70
const WIDTHS = { wide: WIDE, narrow: NARROW } as const
const SCHEMES = ['light', 'dark'] as const

const { values, positionals } = parseArgs({ allowPositionals: true, options: { into: { type: 'string' } } })
const into = resolve(values.into ?? join(import.meta.dirname, '../docs/images'))
const isWanted = ([name]: readonly [string, unknown]): boolean =>
  positionals.length === 0 || positionals.some((start) => name.startsWith(start))

await mkdir(into, { recursive: true })
const browser = await openBrowser()
try {
  if (Object.entries(EMPTY_PICTURES).some(isWanted)) await takeEmpty(browser)
  const dataDir = await mkdtemp(join(tmpdir(), 'workflows-demo-'))
  const demo = await startDemo({ dataDir, password: 'correct horse battery' })
  const { url, close } = demo.server
  try {
    const tab = await openSignedIn(browser, url, demo.owner)
    await takeAll(browser, url, tab, picturesOf(demo, await startLongRun(demo)))
    await takeAll(browser, url, undefined, PUBLIC_PICTURES)
  } finally {
    await close()
  }
} finally {
  await browser.close()
}

async function openSignedIn(browser: Browser, url: string, { cookie }: Owner): Promise<Tab> {
  const tab = await openTab(browser)
  const cookies = cookie.split('; ').map((pair) => {
    const [name = '', ...value] = pair.split('=')
    return { name, value: value.join('='), url }
  })
  await tab.context.addCookies(cookies)
  return tab
}

async function takeEmpty(browser: Browser): Promise<void> {
  const server = await startServer()
  try {
    // Printed after the server is ready.
    const link = await until(async () => /http\S+\/setup#token=\S+/.exec(server.output())?.[0])
    await takeAll(browser, server.url, undefined, { setup: { path: new URL(link).pathname + new URL(link).search } })
    const tab = await openTab(browser)
    await createOwner(tab, server.output())
    await takeAll(browser, server.url, tab, EMPTY_PICTURES)
  } finally {
    await server.close()
  }
}

async function takeAll(
  browser: Browser,
  url: string,
  like: Tab | undefined,
  pictures: Readonly<Record<string, Picture>>,
): Promise<void> {
  for (const [width, viewport] of Object.entries(WIDTHS)) {
    for (const colorScheme of SCHEMES) {
      const { page, context, errors } = await openTab(browser, { viewport, colorScheme, like })
      for (const [name, picture] of Object.entries(pictures).filter(isWanted)) {
        await page.goto(url + picture.path)
        await settle(page)
        await picture.prepare?.(page)
        await settle(page)
        await keep(page, `${name}-${width}-${colorScheme}`)
      }
      if (errors.length > 0) throw new Error(`the pages complained: ${errors.join('\n')}`)
      await context.close()
    }
  }
}

async function settle(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).first().waitFor()
  await page.locator('[aria-busy]').first().waitFor({ state: 'detached' })
  await page.waitForTimeout(SETTLE_MS)
}

/** Half the size of PNG. Playwright does not write WebP. */
async function keep(page: Page, name: string): Promise<void> {
  const session = await page.context().newCDPSession(page)
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: QUALITY })
  await session.detach()
  await writeFile(join(into, `${name}.webp`), Buffer.from(data, 'base64'))
}
