/** The server stops while a person edits code, and returns: no text is lost, and no request hangs. */

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { endRoutes, intercept, keepScreenshot, NEEDS_BROWSER, openApp, openTab, type Tab } from '../helpers/browser.ts'
import { freePort, startServer, type TestServer } from '../helpers/server.ts'
import { createCatch, must, until } from '../helpers/workflows.ts'

let dataDir: string
let server: TestServer
let browser: Browser
let tab: Tab

before(async () => {
  if (NEEDS_BROWSER.skip !== false) return
  dataDir = await mkdtemp(join(tmpdir(), 'workflows-test-'))
  ;({ browser, server, tab } = await openApp({ dataDir, env: { WORKFLOWS_PORT: String(await freePort()) } }))
})
after(async () => {
  await browser?.close()
  await server?.stop()
  if (dataDir !== undefined) await rm(dataDir, { recursive: true, force: true })
})

test('a server that stops and starts under open code loses nothing that was typed', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createCatch(server, { source: 'def workflow(r, s):\n    return None\n' })
  await page.clock.install()
  await page.goto(`${server.url}/workflows/${workflow.id}/function`)
  const code = page.getByRole('textbox', { name: /^Code of the function/ })
  await code.press('Control+End')
  await page.keyboard.type('# typed before')
  const port = new URL(server.url).port
  await server.stop()

  const banner = page.getByText('The server can’t be reached. This page may be out of date')
  await banner.waitFor()
  await page.keyboard.type(' and while it was away')
  await page.keyboard.press('Control+s')
  const refusal = page.getByRole('alert').filter({ hasText: 'The server can’t be reached' })
  await refusal.first().waitFor()
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.getByRole('button', { name: 'Try again' }).first().waitFor()
  // This part of the app was never loaded: it comes when the server does.
  const tried = () => page.waitForEvent('requestfailed', (request) => request.url().includes('/palette-'))
  const first = tried()
  await page.keyboard.press('Control+k')
  await first
  // Half a minute of the outage.
  for (let tries = 0; tries < 20; tries += 1) await Promise.all([tried(), page.clock.runFor(1500)])
  await keepScreenshot(tab, 'outage')

  server = await startServer({ dataDir, env: { WORKFLOWS_PORT: port } })
  await banner.waitFor({ state: 'detached' })
  const notice = page.locator('.mantine-Notification-root', { hasText: 'The server can’t be reached' })
  await notice.waitFor({ state: 'detached' })
  await page.getByRole('textbox', { name: 'Find a command' }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByText('# typed before and while it was away').waitFor()
  await page.getByRole('button', { name: 'Save draft' }).click()
  await page.getByText('v2 draft').waitFor()
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.getByText('test run', { exact: true }).waitFor()
  assert.deepEqual(
    tab.errors.filter((error) => error.startsWith('exception')),
    [],
  )
})

test('a page shows what changed after it loaded and before its stream of events opened', NEEDS_BROWSER, async () => {
  const page = await tab.context.newPage()
  try {
    // Only a page without a shared worker opens the stream itself, where the test can hold it.
    await page.addInitScript('delete window.SharedWorker')
    const opening = Promise.withResolvers<void>()
    await intercept(page, '**/api/events', async (route) => {
      await opening.promise
      await route.continue()
    })
    const change = (after: number) =>
      must(server.api('PUT', '/api/system/alerts', { channels: [], on: ['failing'], after }), 200)
    const shows = (value: string) =>
      until(async () => (await page.getByLabel('Failures in a row').inputValue()) === value)
    await change(2)
    await page.goto(`${server.url}/settings/alerts`)
    await shows('2')
    await change(3)
    opening.resolve()
    await shows('3')
  } finally {
    await endRoutes(page)
    await page.close()
  }
})

test('a page that is first opened while the server is away opens when it is back', NEEDS_BROWSER, async () => {
  const { page, context } = await openTab(browser, { like: tab })
  await page.goto(`${server.url}/workflows`)
  await page.getByRole('heading', { level: 1 }).waitFor()
  const port = new URL(server.url).port
  await server.stop()
  const tried = () => page.waitForEvent('requestfailed', (request) => request.url().includes('/tasks-page-'))
  const first = tried()
  await page.getByRole('link', { name: 'Tasks' }).click()
  await first
  server = await startServer({ dataDir, env: { WORKFLOWS_PORT: port } })
  await page.getByRole('heading', { level: 1, name: 'Tasks' }).waitFor()
  await context.close()
})
