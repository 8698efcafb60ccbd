/** Many tabs of one browser share its few connections: all of them work, also on live runs. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { NEEDS_BROWSER, openApp, type Tab } from '../helpers/browser.ts'
import type { TestServer } from '../helpers/server.ts'
import { callHook, createCatch, createPull, runOf, until } from '../helpers/workflows.ts'

const TABS = 8
const SLOW = `import time

def workflow(settings):
    for number in range(6000):
        print("step", number)
        time.sleep(0.1)
`

let server: TestServer
let browser: Browser
let tab: Tab

before(async () => {
  if (NEEDS_BROWSER.skip !== false) return
  ;({ browser, server, tab } = await openApp())
})
after(async () => {
  await browser?.close()
  await server?.close()
})

const openTabs = async (path: string): Promise<Page[]> => {
  const pages: Page[] = []
  for (let index = 0; index < TABS; index += 1) {
    const page = await tab.context.newPage()
    await page.goto(server.url + path)
    await page.getByRole('heading', { level: 1 }).waitFor()
    pages.push(page)
  }
  return pages
}

test('eight tabs work, and all of them see a new run at once', NEEDS_BROWSER, async () => {
  const workflow = await createCatch(server, { source: 'def workflow(_request, settings):\n    pass\n' })
  const pages = await openTabs(`/workflows/${workflow.id}/runs`)
  const run = await runOf(server, await callHook(workflow, {}))
  for (const page of pages) await page.locator(`a[href="/runs/${run.id}"]`).waitFor()
  await pages[0]?.locator(`a[href="/runs/${run.id}"]`).click()
  await pages[0]?.getByRole('heading', { name: /Succeeded/ }).waitFor()
  await Promise.all(pages.map((page) => page.close()))
})

test('eight tabs of a live run work; the tab in use shows its log', NEEDS_BROWSER, async () => {
  const workflow = await createPull(server, {
    source: SLOW,
    schedule: { cron: '0 0 1 1 *', timezone: 'UTC' },
    timeout_seconds: 900,
  })
  await tab.page.goto(`${server.url}/workflows/${workflow.id}`)
  await tab.page.getByRole('button', { name: 'Run now' }).click()
  await tab.page.waitForURL('**/runs/run_*')
  const pages = await openTabs(new URL(tab.page.url()).pathname)
  const last = pages.at(-1)
  await last
    ?.getByRole('region', { name: 'Logs' })
    .getByText(/^step \d+$/)
    .first()
    .waitFor()
  const paused = async (page: Page) => (await page.getByText(/^Paused: other tabs/).count()) > 0
  const first = pages[0]
  assert.ok(first !== undefined)
  await until(() => paused(first))
  await first.getByRole('button', { name: 'Continue' }).click()
  await first
    .getByRole('region', { name: 'Logs' })
    .getByText(/^step \d+$/)
    .first()
    .waitFor()
  await first.getByRole('button', { name: 'Cancel run' }).click()
  for (const page of pages) await page.getByRole('heading', { name: /Cancelled/ }).waitFor()
})
