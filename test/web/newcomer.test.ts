/** The newcomer's story in a real browser: from the owner link to a run's logs. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import {
  createOwner,
  keepScreenshot,
  NARROW,
  NEEDS_BROWSER,
  openBrowser,
  openTab,
  type Tab,
} from '../helpers/browser.ts'
import { newcomer } from '../helpers/newcomer.ts'
import { startServer, type TestServer } from '../helpers/server.ts'

const GREETER = `import json

def workflow(_request, settings):
    print("Hello", _request["name"])
    settings["GREETED"] = settings.get("GREETED", 0) + 1
    text = settings["GREETING"] + ", " + _request["name"] + "!"
    return {"status_code": 201, "headers": {"Content-Type": "application/json"}, "body": json.dumps({"text": text})}
`

const WIDER = `[...document.querySelectorAll('*')].filter((one) => one.getBoundingClientRect().right > innerWidth)
  .map((one) => one.outerHTML.slice(0, 100)).join('\\n')`

let server: TestServer
let browser: Browser
let tab: Tab

before(async () => {
  if (NEEDS_BROWSER.skip !== false) return
  browser = await openBrowser()
  server = await startServer()
  tab = await openTab(browser)
  await createOwner(tab, server.output())
})
after(async () => {
  await browser?.close()
  await server?.close()
})

async function deployReviewed(): Promise<void> {
  await tab.page.keyboard.press('Control+Shift+s')
  await tab.page.getByRole('dialog').getByRole('button', { name: 'Deploy' }).click()
}

async function paste(source: string): Promise<void> {
  const { page } = tab
  await page.getByRole('textbox', { name: /^Code of the function/ }).click()
  await page.keyboard.press('Control+a')
  await page.keyboard.insertText(source)
}

test(
  'an empty installation shows the two kinds and the examples instead of an empty table',
  NEEDS_BROWSER,
  async () => {
    const { page } = tab
    assert.doesNotMatch(server.output(), /"level":30/)
    await page.getByRole('button', { name: /^Catch/ }).waitFor()
    await page.getByRole('button', { name: /^Pull Runs/ }).waitFor()
    await page.getByRole('button', { name: /^Parse a resume by URL/ }).waitFor()
    await page.getByRole('button', { name: /^Pull new files/ }).waitFor()
    await keepScreenshot(tab, 'first-steps')
  },
)

test(
  'a newcomer creates a Catch workflow, fixes an error, calls its URL and reads the run’s logs',
  NEEDS_BROWSER,
  async () => {
    const { page } = tab
    const { create, fillIn } = newcomer(tab, server)
    await create('Catch', 'Blank', 'greeter')

    await paste(`${GREETER}\n    )\n`)
    await page.getByRole('button', { name: 'Deploy' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Deploy' }).click()
    await page.getByText(/The code does not load: line 9/).waitFor()
    await page.locator('.cm-lint-marker-error').waitFor()
    await keepScreenshot(tab, 'catch-syntax-error')

    await paste(GREETER)
    await page.getByText('Used by your code – add a value').waitFor()
    await fillIn('GREETING', 'Good day')
    await deployReviewed()
    await page.getByText('v2 deployed').waitFor()

    await page.getByLabel('Body').fill('{"name": "Ada"}')
    await page.getByRole('switch', { name: 'Save settings changes' }).press('Space')
    await page.keyboard.press('Control+Enter')
    await page.getByText('Good day, Ada!').waitFor()
    await page.getByRole('table', { name: 'Settings changed' }).getByText('GREETED').waitFor()
    await page.getByRole('group', { name: 'GREETED' }).getByText('1', { exact: true }).waitFor()
    await keepScreenshot(tab, 'catch-tested')

    await page.getByRole('tab', { name: 'Overview' }).click()
    const url = await page.locator('code', { hasText: '/hooks/' }).textContent()
    assert.ok(url !== null && (await page.getByRole('region', { name: 'curl command' }).textContent())?.includes(url))
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"name": "Grace"}',
    })
    assert.equal(answer.status, 201)
    assert.deepEqual(await answer.json(), { text: 'Good day, Grace!' })
    await keepScreenshot(tab, 'catch-overview')

    await page.getByRole('tab', { name: 'Runs' }).click()
    await page.getByRole('link', { name: /Succeeded.*hook · v2/ }).click()
    await page.getByRole('region', { name: 'Logs' }).getByText('Hello Grace').waitFor()
    await page.getByRole('region', { name: 'Response' }).getByText('Good day, Grace!').waitFor()
    await page.getByRole('region', { name: 'Body' }).getByText('"Grace"').waitFor()
    await keepScreenshot(tab, 'catch-run')
    // The refused save is a 422 that the browser's console reports; nothing else may have gone wrong.
    assert.deepEqual(
      tab.errors.filter((error) => !error.includes('422')),
      [],
    )
  },
)

test(
  'a newcomer deploys a blank Pull workflow, which ticks by itself from then on, and reads the run’s logs',
  NEEDS_BROWSER,
  async () => {
    const { page } = tab
    await newcomer(tab, server).create('Pull', 'Blank', 'counter', 1)
    await page.getByText('v1 draft').waitFor()
    await page.getByRole('button', { name: 'Deploy', exact: true }).click()
    await page.getByText('v1 deployed').waitFor()
    await page.getByRole('tab', { name: 'Overview' }).click()
    await page.getByText('Runs every second', { exact: true }).waitFor()
    await page.getByRole('table', { name: 'Last ticks' }).getByRole('link', { name: 'open run' }).first().click()
    await page
      .getByLabel('Logs')
      .getByText(/This is run number \d+/)
      .waitFor()
    await page.getByRole('table', { name: 'Settings changed' }).getByText('RUNS').waitFor()
    await keepScreenshot(tab, 'pull-run')

    await page.goBack()
    await keepScreenshot(tab, 'pull-overview')
    await page.getByRole('tab', { name: 'Settings' }).click()
    await page.getByRole('switch', { name: 'Enabled' }).press('Space')
    await page.getByText('Disabled', { exact: true }).waitFor()
  },
)

test('every page fits a phone, in the dark too', NEEDS_BROWSER, async () => {
  const phone = await openTab(browser, { viewport: NARROW, colorScheme: 'dark', like: tab })
  await phone.page.goto(`${server.url}/workflows`)
  await phone.page.getByRole('link', { name: /greeter/ }).click()
  for (const name of ['Overview', 'Function', 'Runs', 'Settings']) {
    await phone.page.getByRole('tab', { name, exact: true }).click()
    await phone.page.getByRole('tabpanel', { name }).waitFor()
    await phone.page.locator('[aria-busy]').first().waitFor({ state: 'detached' })
    await keepScreenshot(phone, `phone-${name.toLowerCase()}`)
    // What comes late may change the width.
    await phone.page
      .waitForFunction('document.documentElement.scrollWidth === document.documentElement.clientWidth')
      .catch(async () => assert.fail(`${name} is wider than the phone: ${await phone.page.evaluate(WIDER)}`))
  }
  assert.deepEqual(phone.errors, [])
  await phone.context.close()
})
