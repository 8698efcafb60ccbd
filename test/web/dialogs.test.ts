/**
 * The windows and menus around the code are for everybody: axe finds nothing moderate in any of them, and they fit a
 * phone. Without a mouse: windows keep the focus while they are open, show it, close with Escape and give it back. And
 * many tabs of one browser share its few connections: all of them work, also on live runs.
 */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Browser, Locator, Page } from 'playwright-core'
import { findBarriers } from '../helpers/axe.ts'
import { keepScreenshot, NEEDS_BROWSER, openTab, type Tab, visit, WIDE, withApp } from '../helpers/browser.ts'
import type { TestServer } from '../helpers/server.ts'
import { callHook, createCatch, createPull, must, runOf, until, type WorkflowBody } from '../helpers/workflows.ts'

const SOURCE = 'import os\n\n\ndef workflow(_request, settings):\n    return {"status_code": 200, "body": "one"}\n'
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
/** A person leaves unsaved code in this workflow. */
let edited: WorkflowBody
let workflow: WorkflowBody
let run: string

withApp(async (app) => {
  ;({ browser, server, tab } = app)
  edited = await createWithDraft()
  workflow = await createWithDraft()
  await must(server.api('POST', '/api/keys', { name: 'deploy script' }), 201)
  run = (await runOf(server, await callHook(workflow, {}))).id
})

async function createWithDraft(): Promise<WorkflowBody> {
  const created = await createCatch(server, { source: SOURCE, settings: { CITY: 'Paris', LIMITS: { a: 1 } } })
  const draft = { source: SOURCE.replace('one', 'two'), message: 'Say two', deploy: false }
  await must(server.api('POST', `/api/workflows/${created.id}/versions`, draft), 201)
  await must(server.api('PUT', `/api/workflows/${created.id}/settings/CITY`, { value: 'Lyon' }), 200)
  return created
}

/** Each by its name: how to open it, and what shows that it is there. */
const WINDOWS: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  review: async (page) => {
    await page.getByRole('button', { name: 'Deploy', exact: true }).click()
    await page.getByRole('dialog').locator('.cm-changedLine').first().waitFor()
  },
  versions: async (page) => {
    await page.getByRole('button', { name: 'Versions' }).click()
    await page.getByRole('dialog').locator('.cm-changedLine').first().waitFor()
  },
  env: async (page) => {
    await page.getByRole('button', { name: 'Paste .env' }).click()
    await page.getByLabel('.env contents').fill('CITY=Nice\nAPI_KEY=0123456789\nLIMITS=1\n')
    await page.getByRole('dialog').getByRole('table').waitFor()
  },
  history: async (page) => {
    await page.getByRole('button', { name: 'More about CITY' }).click()
    await page.getByRole('menuitem', { name: 'History' }).click()
    await page.getByRole('button', { name: 'Restore' }).waitFor()
  },
  samples: async (page) => {
    await page.getByRole('button', { name: 'Samples' }).click()
    await page.getByRole('button', { name: 'Profile parsed', exact: true }).waitFor()
  },
  files: async (page) => {
    await page.getByText('Files', { exact: true }).click()
    await page.getByRole('button', { name: 'Choose a file for field 1' }).waitFor()
  },
  unsaved: async (page) => {
    await page.getByRole('textbox', { name: /^Code of the function/ }).click()
    // A letter would also open the completions.
    await page.keyboard.type(' ')
    await page.getByRole('link', { name: 'Runs', exact: true }).click()
    const dialog = page.getByRole('dialog', { name: 'Unsaved changes' })
    await dialog.getByRole('button', { name: 'Stay' }).waitFor()
    const buttons = dialog.getByRole('button', { name: /^(Discard changes|Save draft and leave|Leave|Stay)$/ })
    const tops = await Promise.all((await buttons.all()).map(async (button) => (await button.boundingBox())?.y))
    assert.deepEqual([tops.length, new Set(tops).size], [4, 1], 'the four buttons are in one line')
  },
}

test('axe finds nothing moderate in the windows around the code', NEEDS_BROWSER, async () => {
  const view = await openTab(browser, { like: tab })
  const found: string[] = []
  for (const [name, open] of Object.entries(WINDOWS)) {
    await visit(view.page, `${server.url}/workflows/${edited.id}/function`)
    await view.page.locator('.cm-lint-marker-warning').waitFor()
    await open(view.page)
    for (const colorScheme of ['light', 'dark'] as const) {
      await view.page.emulateMedia({ colorScheme })
      await keepScreenshot(view, `window-${name}-${colorScheme}`)
      found.push(...(await findBarriers(view.page)).map((barrier) => `${name} ${colorScheme} ${barrier}`))
    }
    await view.page.emulateMedia({ colorScheme: 'light' })
  }
  assert.deepEqual(found, [])
  assert.deepEqual(view.errors, [])
  await view.context.close()
})

test('the page of the code fits every width from 360 to 2560', NEEDS_BROWSER, async () => {
  const { page } = tab
  await visit(page, `${server.url}/workflows/${edited.id}/function`)
  await page.locator('.cm-content').waitFor()
  await page.getByText('Files', { exact: true }).click()
  for (const width of [360, 480, 640, 768, 992, 1100, 1440, 2560]) {
    await page.setViewportSize({ width, height: 900 })
    // Parts that watch their own size draw themselves once more after the window has changed.
    const measure = () =>
      page.evaluate<[number, number]>('[document.documentElement.scrollWidth, document.documentElement.clientWidth]')
    await until(async () => (([content, window]) => content === window)(await measure()), 20_000).catch(() => {})
    const [content, window] = await measure()
    assert.equal(content, window, `at ${width}`)
  }
  const editor = await page.locator('.cm-editor').boundingBox()
  assert.ok((editor?.width ?? 0) > 1200, `the editor grows with the window, found ${editor?.width}`)
  await page.setViewportSize(WIDE)
})

const isFocused = (locator: Locator) => locator.and(tab.page.locator(':focus')).waitFor()

test('every dialog traps the focus, closes with Escape and restores the focus', NEEDS_BROWSER, async () => {
  const { page } = tab
  const windows: readonly [path: string, trigger: string | RegExp][] = [
    ['/workflows', 'Create workflow'],
    [`/workflows/${workflow.id}/function`, 'Versions'],
    [`/workflows/${workflow.id}/function`, 'Deploy'],
    [`/workflows/${workflow.id}/function`, 'Paste .env'],
    [`/workflows/${workflow.id}/settings`, 'New URL'],
    [`/workflows/${workflow.id}/settings`, 'Archive this workflow'],
    ['/settings/keys', 'Revoke'],
    ['/', 'Find a workflow, a page or a command'],
  ]
  for (const [path, name] of windows) {
    await visit(page, server.url + path)
    // Pressing a key does not wait until a button can be used.
    const trigger = page.getByRole('button', { name, exact: true, disabled: false })
    await trigger.waitFor()
    await trigger.press('Enter')
    const dialog = page.getByRole('dialog')
    await dialog.locator(':focus').waitFor()
    await dialog.locator('[aria-busy]').first().waitFor({ state: 'detached' })
    for (let steps = 0; steps < 12; steps += 1) {
      await page.keyboard.press('Tab')
      assert.equal(await dialog.locator(':focus').count(), 1, `${name}: the focus has left after ${steps + 1} steps`)
    }
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    await isFocused(trigger)
  }
})

test('a dialog whose code loads after the key restores the focus', NEEDS_BROWSER, async () => {
  const { page } = tab
  let ask = () => {}
  const asked = new Promise<void>((resolve) => (ask = resolve))
  await page.route('**/create-workflow-modal*.js', async (route) => {
    await asked
    await route.continue()
  })
  await page.goto(`${server.url}/workflows`)
  const trigger = page.getByRole('button', { name: 'Create workflow', exact: true, disabled: false })
  await trigger.press('Enter')
  assert.equal(await page.getByRole('dialog').count(), 0)
  ask()
  await page.getByRole('dialog').locator(':focus').waitFor()
  await page.keyboard.press('Escape')
  await isFocused(trigger)
  await page.unroute('**/create-workflow-modal*.js')
})

test('the history of a property is opened and left by keys', NEEDS_BROWSER, async () => {
  const { page } = tab
  await visit(page, `${server.url}/workflows/${workflow.id}/function`)
  const more = page.getByRole('button', { name: 'More about CITY' })
  await more.press('Enter')
  await page.getByRole('menuitem', { name: 'History' }).press('Enter')
  await page.getByRole('dialog', { name: 'History of CITY' }).getByRole('table').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await isFocused(more)
})

test('Enter sends a form, and code shows that it has the focus', NEEDS_BROWSER, async () => {
  const { page } = tab
  const isOutlined = async () => {
    // The editor notes its focus a moment later.
    await page.locator('.cm-editor.cm-focused').waitFor()
    assert.equal(await page.evaluate(`getComputedStyle(document.querySelector('.cm-focused')).outlineStyle`), 'solid')
  }
  await visit(page, `${server.url}/runs/${run}/code`)
  await page.getByRole('textbox', { name: /^Code, read only/ }).focus()
  await isOutlined()
  await visit(page, `${server.url}/settings/keys`)
  await page.getByLabel('Name of a new key').fill('by keys')
  await page.keyboard.press('Enter')
  await page.getByRole('table', { name: 'API keys' }).getByText('by keys').waitFor()
  await visit(page, `${server.url}/workflows`)
  await page.getByRole('button', { name: 'Create workflow' }).press('Enter')
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('by keys')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/function')
  await page.getByRole('textbox', { name: /^Code of the function/ }).focus()
  await isOutlined()
  assert.deepEqual(tab.errors, [])
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
  await visit(tab.page, `${server.url}/workflows/${workflow.id}`)
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
