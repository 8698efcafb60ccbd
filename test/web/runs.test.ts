/** Runs in the browser: long lists, search by time and text, and the page of one run. */

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import {
  createOwner,
  endRoutes,
  intercept,
  NEEDS_BROWSER,
  openBrowser,
  openTab,
  type Tab,
  visit,
} from '../helpers/browser.ts'
import { ended, make, OK, runIdOf, settingOf, sourceOf } from '../helpers/durable.ts'
import { writeRuns } from '../helpers/many-runs.ts'
import { freePort, startServer, type TestServer } from '../helpers/server.ts'
import { callHook, createCatch, must, runOf, until, type WorkflowBody } from '../helpers/workflows.ts'

const MANY = 20_000
const PARSE = `import logging

def parse(url):
    return {"pdf": "application/pdf"}[url.rsplit(".", 1)[-1]]

def workflow(_request, settings):
    print("downloading", _request["url"])
    for number in range(3):
        print("page", number)
    logging.warning("odd " + "x" * 2000)
    settings["LAST"] = _request["url"]
    return {"status_code": 201, "body": parse(_request["url"])}
`

let server: TestServer
let browser: Browser
let tab: Tab
let busy: WorkflowBody
let parsing: WorkflowBody

before(async () => {
  if (NEEDS_BROWSER.skip !== false) return
  browser = await openBrowser()
  const first = await startServer({ env: { WORKFLOWS_PORT: String(await freePort()) } })
  tab = await openTab(browser)
  await createOwner(tab, first.output())
  busy = await createCatch(first, { source: 'def workflow(_request, settings):\n    pass\n', name: 'busy' })
  parsing = await createCatch(first, { source: PARSE, name: 'parsing' })
  await tab.page.goto('about:blank')
  await first.stop()
  await writeRuns(first.dataDir, busy.id, MANY, Date.now() - 60_000)
  server = await startServer({ dataDir: first.dataDir, env: { WORKFLOWS_PORT: new URL(first.url).port } })
})
after(async () => {
  await browser?.close()
  await server?.close()
})

const runsOf = async (workflow: WorkflowBody, query = ''): Promise<void> => {
  await tab.page.goto(`${server.url}/workflows/${workflow.id}/runs${query}`)
  await tab.page.getByRole('list', { name: 'Runs' }).getByRole('listitem').first().waitFor()
}
/** As soon as the list is long enough for it. */
const scrollTo = (top: number) =>
  until(() => tab.page.evaluate<boolean>(`(window.scrollTo(0, ${top}), window.scrollY === ${top})`))
const rows = () => tab.page.getByRole('list', { name: 'Runs' }).getByRole('listitem')

test('twenty thousand runs are scrolled through, and only those in sight are in the page', NEEDS_BROWSER, async () => {
  const { page } = tab
  await runsOf(busy)
  await page.getByText(/^[\d,]+ runs, [\d,]+ failed in the last 24 hours$/).waitFor()
  const inPage = () =>
    page.evaluate<number[]>(`[...document.querySelectorAll('li[data-index]')].map((row) => Number(row.dataset.index))`)
  // Each time at the end the next page is fetched, whenever it comes.
  await until(async () => {
    await page.evaluate('window.scrollTo(0, document.body.scrollHeight)')
    return Math.max(...(await inPage())) >= 1299
  })
  const seen = await inPage()
  assert.ok(seen.length < 100, `${seen.length} rows are in the page`)
  // Every one of them, in order.
  assert.deepEqual(
    seen,
    seen.map((_, index) => (seen[0] ?? 0) + index),
  )
})

test('the key j goes beyond the rows that are in the page', NEEDS_BROWSER, async () => {
  const { page } = tab
  await runsOf(busy)
  const row = page.locator('li[data-index="40"]')
  await until(async () => {
    await page.keyboard.press('j')
    return await row.locator('a:focus').isVisible()
  })
  assert.equal(await page.locator('li[data-index="0"]').count(), 0)
})

test('all runs are charted: how many ran and failed, and how long they took', NEEDS_BROWSER, async () => {
  const { page } = tab
  await page.goto(`${server.url}/runs`)
  await page.getByText(/^[\d,]+ runs, [\d,]+ failed in the last 24 hours$/).waitFor()
  await page.getByRole('heading', { name: 'Duration' }).waitFor()
  await page.getByText(/^now p50 .+, p95 .+$/).waitFor()
  // Flat lines, which have no height that a browser would call visible: all of them took as long.
  await page.locator('.recharts-line').nth(1).waitFor({ state: 'attached' })
})

test('new runs do not move a scrolled list, but are announced', NEEDS_BROWSER, async () => {
  const { page } = tab
  await runsOf(busy)
  await scrollTo(2000)
  await page.locator('li[data-index="50"]').waitFor()
  const reading = await page.locator('li[data-index="50"] a').getAttribute('href')
  await callHook(busy, {})
  await page.getByRole('button', { name: '1 new run' }).waitFor()
  assert.equal(await page.locator('li[data-index="50"] a').getAttribute('href'), reading)
  await page.getByRole('button', { name: '1 new run' }).click()
  await page
    .locator('li[data-index="0"]')
    .getByText('now')
    .or(page.locator('li[data-index="0"]').getByText(/sec/))
    .first()
    .waitFor()
})

test('a waiting run is listed with what it waits for, and found by its name', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await make(server, `sleep("trial period", days=90)\nx = 1\n${OK}`)
  await callHook(workflow, {})
  for (const path of ['/', `/workflows/${workflow.id}`]) {
    await page.goto(`${server.url}${path}`)
    await page.getByRole('link', { name: '1 run waits' }).waitFor()
  }
  await page.getByRole('link', { name: '1 run waits' }).click()
  await rows()
    .getByText(/^trial period until /)
    .waitFor()
  const waitFor = async (name: string): Promise<void> => {
    await page.getByRole('button', { name: /^More filters/ }).click()
    await page.getByLabel('Waits for').fill(name)
    await page.getByRole('button', { name: 'Apply' }).click()
  }
  await waitFor('signature')
  await page.getByRole('button', { name: 'More filters (1)' }).waitFor()
  await until(async () => (await rows().count()) === 0)
  await waitFor('trial period')
  await until(async () => (await rows().count()) === 1)
})

test('a failed run continues from its steps with the deployed version', NEEDS_BROWSER, async () => {
  const { page } = tab
  const drawn = 'x = step("draw", lambda: settings.increment("n"))\n'
  const workflow = await make(server, `${drawn}raise ValueError("not yet")`)
  const first = runIdOf(await callHook(workflow, {}))
  assert.equal((await ended(server, first)).status, 'failed')
  await must(server.api('POST', `/api/workflows/${workflow.id}/versions`, { source: sourceOf(`${drawn}${OK}`) }), 201)
  await page.goto(`${server.url}/runs/${first}`)
  await page.getByRole('button', { name: 'Continue with a version' }).click()
  await page.getByRole('menuitem', { name: 'With version 1 (original)' }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Continue from the steps' }).click()
  await page.waitForURL((url) => url.pathname.startsWith('/runs/') && !url.pathname.endsWith(first))
  const next = await ended(server, page.url().split('/').at(-1) ?? '')
  assert.deepEqual([next.status, next.version, next.attempt], ['succeeded', 2, 2])
  assert.equal(await settingOf(server, workflow, 'n'), 1)
  await page.getByRole('table', { name: 'Attempts' }).getByRole('link', { name: '1' }).click()
  await page.waitForURL((url) => url.pathname.endsWith(first))
  await page.getByRole('table', { name: 'Attempts' }).getByRole('link', { name: '2' }).waitFor()
  await page.getByRole('table', { name: 'Steps' }).waitFor()
  assert.equal(await page.getByRole('button', { name: 'Continue from the steps' }).count(), 0)
})

test('Back from a run restores the scroll position of the list', NEEDS_BROWSER, async () => {
  const { page } = tab
  await runsOf(busy)
  await scrollTo(2500)
  const row = page.locator('li[data-index="60"] a')
  const run = await row.getAttribute('href')
  await row.click()
  await page.waitForURL(`**${run}`)
  await page.goBack()
  await row.waitFor()
  assert.equal(await row.getAttribute('href'), run)
  await until(async () => (await page.evaluate('window.scrollY')) === 2500)
})

test('all failures of a period are shown, and the address keeps the filter', NEEDS_BROWSER, async () => {
  const { page } = tab
  await runsOf(busy)
  await page.getByRole('combobox', { name: 'State' }).click()
  await page.getByRole('option', { name: 'All failures' }).click()
  await page.getByRole('combobox', { name: 'Time' }).click()
  await page.getByRole('option', { name: 'Last hour' }).click()
  await page.waitForURL('**/runs?status=failing&range=1h')
  await page.getByText(/failed in the last hour$/).waitFor()
  await page.locator('li[data-index="5"]').waitFor({ state: 'detached' })
  for (const text of await rows().allTextContents()) assert.match(text, /^Failed/)
  await page.reload()
  await page.getByText(/failed in the last hour$/).waitFor()
  await page.getByRole('combobox', { name: 'Time' }).waitFor()
})

test('a search finds a run far down, and shows where the text is', NEEDS_BROWSER, async () => {
  const { page } = tab
  await runsOf(busy)
  await page.getByRole('textbox', { name: 'Search runs' }).fill('VALUEERROR: run 19000')
  const found = page.getByRole('link', { name: /Error: .*ValueError: run 19000/ })
  await found.locator('mark').getByText('ValueError: run 19000').waitFor()
  await page.getByRole('button', { name: 'Clear the search' }).click()
  await page
    .getByRole('link', { name: /^Succeeded/ })
    .first()
    .waitFor()
})

test('a search goes on by itself while it finds nothing, stops, and is continued', NEEDS_BROWSER, async () => {
  const { page } = tab
  await runsOf(busy)
  let pages = 0
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  // As of a server that reads the runs themselves, and whose second page takes a while.
  await intercept(page, /\/runs\?.*q=held/, async (route) => {
    pages += 1
    const cursor = `page ${pages}`
    if (pages === 2) await released
    await route.fulfill({ json: { data: [], next_cursor: cursor, searched_back_to: new Date().toISOString() } })
  })
  await page.getByRole('textbox', { name: 'Search runs' }).fill('held')
  await page.getByText('No match yet').waitFor()
  await until(async () => pages === 2)
  await page.getByRole('button', { name: 'Stop' }).click()
  await page.getByText(/^Searched back to/).waitFor()
  release()
  await page.getByRole('button', { name: 'Keep searching' }).click()
  await until(async () => pages > 2)
  await page.getByRole('button', { name: 'Clear the search' }).click()
})

test('a failed run shows its logs, which can be searched and downloaded', NEEDS_BROWSER, async () => {
  const { page } = tab
  const run = await runOf(server, await callHook(parsing, { url: 'https://example.com/cv.odt' }))
  await visit(page, `${server.url}/runs/${run.id}`)
  const logs = page.getByRole('region', { name: 'Logs' })
  await logs.getByText('downloading https://example.com/cv.odt').waitFor()
  await page.getByRole('combobox', { name: 'Level of the lines' }).click()
  await page.getByRole('option', { name: 'Warnings and errors' }).click()
  await logs.getByText('downloading').waitFor({ state: 'detached' })
  await logs.getByText('WARNING root: odd').waitFor()
  await page.getByRole('combobox', { name: 'Level of the lines' }).click()
  await page.getByRole('option', { name: 'All lines' }).click()
  const wrap = page.getByRole('button', { name: 'Wrap long lines' })
  const isWider = () =>
    page.evaluate<boolean>(
      '((box) => box.scrollWidth > box.clientWidth)(document.querySelector(`section[aria-label="Logs"]`))',
    )
  await wrap.click()
  await until(isWider)
  await wrap.click()
  await until(async () => !(await isWider()))
  await page.getByRole('textbox', { name: 'Find in the logs' }).fill('PAGE 1')
  await logs.getByText('downloading').waitFor({ state: 'detached' })
  await logs.locator('mark').getByText('page 1').waitFor()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download the logs' }).click(),
  ])
  const saved = await readFile(await download.path(), 'utf8')
  assert.match(saved, /^\S+Z stdout downloading https:\/\/example\.com\/cv\.odt\n/m)
  assert.equal(saved.trim().split('\n').length, 5)
})

test('a successful run shows its settings changes, before and after, and its timing', NEEDS_BROWSER, async () => {
  const { page } = tab
  const run = await runOf(server, await callHook(parsing, { url: 'https://example.com/cv.pdf' }))
  await visit(page, `${server.url}/runs/${run.id}`)
  await page.getByRole('table', { name: 'Settings changed' }).getByText('"https://example.com/cv.pdf"').waitFor()
  for (const part of ['Accept', 'Your code', 'Commit']) await page.getByText(part, { exact: false }).first().waitFor()
  const colours = await page.evaluate<string[]>(
    '[...document.querySelectorAll("span[data-part]")].map((key) => getComputedStyle(key).backgroundColor)',
  )
  assert.equal(new Set(colours).size, colours.length, 'the parts of the time have colours of their own')
  await page.getByRole('region', { name: 'Response' }).getByText('application/pdf').waitFor()
  // The server was away once, before the tests.
  assert.deepEqual(
    tab.errors.filter((error) => !error.includes('ERR_CONNECTION_REFUSED')),
    [],
  )
})

test('a log over its limit shows its end, and where something is missing', NEEDS_BROWSER, async () => {
  const { page } = tab
  const source =
    'def workflow(_request, settings):\n    for number in range(200000):\n        print("line", number)\n    raise KeyError("at the end")\n'
  const workflow = await createCatch(server, { source, timeout_seconds: 300 })
  const run = await runOf(server, await callHook(workflow, {}))
  await visit(page, `${server.url}/runs/${run.id}`)
  await page.getByText(/Its beginning and its end are kept: [\d,]+ bytes are missing/).waitFor()
  const logs = page.getByRole('region', { name: 'Logs' })
  await logs.getByText('line 0', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Jump to the end' }).click()
  await logs.getByText('line 199999').waitFor()

  // Lines that come after the jump belong to it, too.
  const asked: (() => void)[] = []
  await intercept(page, /\/logs\?.*cursor=/, async (route) => {
    await new Promise<void>((done) => asked.push(done))
    await route.continue()
  })
  await page.reload()
  await logs.getByText('line 0', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Jump to the end' }).click()
  await until(async () => asked.length > 0)
  await endRoutes(page)
  for (const go of asked) go()
  await logs.getByText('line 199999').waitFor()
})

test('a traceback folds the frames of libraries, and the tab names the run', NEEDS_BROWSER, async () => {
  const { page } = tab
  const source = 'import json\n\ndef workflow(_request, settings):\n    return json.loads("{broken")\n'
  const workflow = await createCatch(server, { source, name: 'parse-resume' })
  const run = await runOf(server, await callHook(workflow, {}))
  await visit(page, `${server.url}/runs/${run.id}`)
  const traceback = page.getByRole('region', { name: 'Traceback' })
  await traceback.getByText('JSONDecodeError').waitFor()
  assert.equal(await traceback.getByText('raw_decode').count(), 0)
  await traceback.getByRole('button', { name: /^Show \d+ library frames$/ }).click()
  await traceback.getByText('raw_decode').first().waitFor()
  await until(async () => (await page.title()) === '✗ parse-resume · exception')

  await page.keyboard.press('Control+k')
  await page.getByRole('textbox', { name: 'Find a command' }).fill(run.id)
  await page.getByRole('button', { name: `Open ${run.id}` }).waitFor()
  await page.getByRole('textbox', { name: 'Find a command' }).fill('JSONDecode')
  await page.getByRole('button', { name: 'Search runs for “JSONDecode”' }).click()
  await page.waitForURL('**/runs?q=JSONDecode')
})
