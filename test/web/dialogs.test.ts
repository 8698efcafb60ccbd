/** The windows and menus around the code are for everybody: axe finds nothing moderate in any of them, and they fit a phone. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { findBarriers } from '../helpers/axe.ts'
import { keepScreenshot, NEEDS_BROWSER, openApp, openTab, type Tab, visit } from '../helpers/browser.ts'
import type { TestServer } from '../helpers/server.ts'
import { createCatch, must, until, type WorkflowBody } from '../helpers/workflows.ts'

const SOURCE = 'import os\n\n\ndef workflow(_request, settings):\n    return {"status_code": 200, "body": "one"}\n'

let server: TestServer
let browser: Browser
let tab: Tab
let workflow: WorkflowBody

before(async () => {
  if (NEEDS_BROWSER.skip !== false) return
  ;({ browser, server, tab } = await openApp())
  workflow = await createCatch(server, { source: SOURCE, settings: { CITY: 'Paris', LIMITS: { a: 1 } } })
  const draft = { source: SOURCE.replace('one', 'two'), message: 'Say two', deploy: false }
  await must(server.api('POST', `/api/workflows/${workflow.id}/versions`, draft), 201)
  await must(server.api('PUT', `/api/workflows/${workflow.id}/settings/CITY`, { value: 'Lyon' }), 200)
})
after(async () => {
  await browser?.close()
  await server?.close()
})

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
    await visit(view.page, `${server.url}/workflows/${workflow.id}/function`)
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
  const view = await openTab(browser, { like: tab })
  await view.page.goto(`${server.url}/workflows/${workflow.id}/function`)
  await view.page.locator('.cm-content').waitFor()
  await view.page.getByText('Files', { exact: true }).click()
  for (const width of [360, 480, 640, 768, 992, 1100, 1440, 2560]) {
    await view.page.setViewportSize({ width, height: 900 })
    // Parts that watch their own size draw themselves once more after the window has changed.
    const measure = () =>
      view.page.evaluate<[number, number]>(
        '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
      )
    await until(async () => (([content, window]) => content === window)(await measure()), 20_000).catch(() => {})
    const [content, window] = await measure()
    assert.equal(content, window, `at ${width}`)
  }
  const editor = await view.page.locator('.cm-editor').boundingBox()
  assert.ok((editor?.width ?? 0) > 1200, `the editor grows with the window, found ${editor?.width}`)
  await view.context.close()
})
