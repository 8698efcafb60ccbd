/** The command palette and the keys: every page, workflow and command without a mouse. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Browser } from 'playwright-core'
import { assertAccessible, findOverflow } from '../helpers/axe.ts'
import {
  endRoutes,
  intercept,
  keepScreenshot,
  NEEDS_BROWSER,
  openTab,
  type Tab,
  visit,
  withApp,
} from '../helpers/browser.ts'
import type { TestServer } from '../helpers/server.ts'
import { createCatch, createPull, must } from '../helpers/workflows.ts'

const NEVER = { cron: '0 0 1 1 *', timezone: 'UTC' }

let server: TestServer
let browser: Browser
let tab: Tab

withApp((app) => ({ browser, server, tab } = app))

/** Opens the palette, types, and takes the command that is first by then, and has this name. */
async function command(typed: string, name: string): Promise<void> {
  const { page } = tab
  await page.getByRole('button', { name: 'Find a workflow, a page or a command' }).waitFor()
  await page.keyboard.press('Control+k')
  const field = page.getByRole('textbox', { name: 'Find a command' })
  await field.fill(typed)
  // Enter takes the first: it must be the one before the key is pressed.
  const first = page.getByRole('dialog', { name: 'Commands' }).getByRole('button').first()
  await first.and(page.getByRole('button', { name, exact: true })).waitFor()
  await page.keyboard.press('Enter')
  await field.waitFor({ state: 'detached' })
}

test(
  'the palette goes to workflows and pages, starts runs, creates, and changes the colours',
  NEEDS_BROWSER,
  async () => {
    const { page } = tab
    const hostile = '<b>nightly</b> \u202esync'
    const pull = await createPull(server, {
      name: hostile,
      source: 'def workflow(settings):\n    print("ran")\n',
      schedule: NEVER,
    })
    const catcher = await createCatch(server, { name: 'parse-resume', source: 'def workflow(r, s):\n    pass\n' })
    await page.goto(server.url)
    await command('parse', 'parse-resume')
    await page.waitForURL(`**/workflows/${catcher.id}`)
    await command('function', 'Function')
    await page.waitForURL(`**/workflows/${catcher.id}/function`)
    // From inside the code too, where most keys are the editor's own.
    await page.getByRole('textbox', { name: /^Code of the function/ }).click()
    await command('run nightly', 'Run <b>nightly</b> \ufffdsync now')
    const question = page.getByRole('dialog', { name: 'Run <b>nightly</b> \ufffdsync now?' })
    await question.getByRole('button', { name: 'Run now' }).click()
    await page.waitForURL('**/runs/run_*')
    await page.getByRole('region', { name: 'Logs' }).getByText('ran', { exact: true }).waitFor()
    await command('nightly', '<b>nightly</b> \ufffdsync')
    await page.waitForURL(`**/workflows/${pull.id}`)
    await command('dark', 'Switch between light and dark mode')
    await page.locator('html[data-mantine-color-scheme=dark]').waitFor()
    await command('light', 'Switch between light and dark mode')
    await command('new pull', 'Create a Pull workflow')
    const dialog = page.getByRole('dialog', { name: 'Create workflow' })
    await dialog.getByLabel('Runs every').waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    await page.waitForURL(({ search }) => search === '')
  },
)

test('Enter takes the first command also when it came after the words were typed', NEEDS_BROWSER, async () => {
  const { page } = tab
  const late = await createCatch(server, { name: 'comes late', source: 'def workflow(r, s):\n    pass\n' })
  let answer = () => {}
  const held = new Promise<void>((resolve) => (answer = resolve))
  await page.goto(`${server.url}/runs`)
  await intercept(page, '**/api/workflows?*limit=8', async (route) => {
    await held
    await route.continue()
  })
  await page.getByRole('button', { name: 'Find a workflow, a page or a command' }).click()
  await page.getByRole('textbox', { name: 'Find a command' }).fill('comes late')
  await page.getByText('No results.').waitFor()
  answer()
  await page.getByRole('button', { name: 'comes late', exact: true }).waitFor()
  await page.keyboard.press('Enter')
  await page.waitForURL(`**/workflows/${late.id}`)
  await endRoutes(page)
})

test('Enter before the workflows are known takes the first once they are', NEEDS_BROWSER, async () => {
  const { page } = tab
  // That of the test before: one more would make the list of the last test longer than its window.
  type Found = { data: { id: string; name: string }[] }
  const { data } = await must(server.api<Found>('GET', '/api/workflows?q=comes%20late'), 200)
  const found = Promise.withResolvers<void>()
  const path = '**/api/workflows?*limit=8'
  await page.goto(`${server.url}/runs`)
  await intercept(page, path, async (route) => {
    await found.promise
    await route.continue()
  })
  try {
    await page.getByRole('button', { name: 'Find a workflow, a page or a command' }).click()
    await page.getByRole('textbox', { name: 'Find a command' }).fill('comes late')
    await page.keyboard.press('Enter')
    found.resolve()
    await page.waitForURL(`**/workflows/${data[0]?.id}`)
  } finally {
    found.resolve()
    await endRoutes(page)
  }
})

test('a question mark shows the shortcuts, but not while typing', NEEDS_BROWSER, async () => {
  const { page } = tab
  await visit(page, `${server.url}/workflows`)
  const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
  await page.getByRole('textbox', { name: 'Find a workflow by its name' }).pressSequentially('?')
  await page.getByText('No matching workflows').waitFor()
  assert.equal(await help.isVisible(), false)
  await page.getByRole('heading', { level: 1 }).click()
  await page.keyboard.press('?')
  await help.getByText('Save a draft').waitFor()
  await keepScreenshot(tab, 'shortcuts')
  await page.keyboard.press('Escape')
  await help.waitFor({ state: 'detached' })
})

test('on a phone a button opens the palette, and the header is not cut off', NEEDS_BROWSER, async () => {
  const phone = await openTab(browser, { viewport: { width: 360, height: 740 }, like: tab })
  const { page } = phone
  await page.goto(server.url)
  const header = page.getByRole('banner')
  await header.getByRole('button', { name: 'Account' }).waitFor()
  const cut = await page.evaluate<string[]>(`[...document.querySelectorAll('header a, header button')]
    .filter((part) => part.checkVisibility())
    .filter((part) => {
      const { left, right } = part.getBoundingClientRect()
      return left < 0 || right > innerWidth || part.scrollWidth > part.clientWidth
    })
    .map((part) => {
      const { left, right } = part.getBoundingClientRect()
      return [part.ariaLabel ?? part.textContent, left, right, part.scrollWidth, part.clientWidth].join(' ')
    })`)
  assert.deepEqual(cut, [])
  assert.deepEqual(await findOverflow(page), [])
  await header.getByRole('button', { name: 'Find a workflow, a page or a command' }).click()
  await page.getByRole('textbox', { name: 'Find a command' }).fill('dead')
  await page.getByRole('button', { name: 'Dead letters', exact: true }).click()
  await page.waitForURL('**/dead-letters')
  await keepScreenshot(phone, 'phone-header')
  await header.getByRole('button', { name: 'Account' }).click()
  await page.getByRole('menuitem', { name: 'Switch to dark mode' }).click()
  await page.locator('html[data-mantine-color-scheme="dark"]').waitFor()
  assert.deepEqual(phone.errors, [])
  await phone.context.close()
})

test('the palette and the keys have names for everybody, light and dark', NEEDS_BROWSER, async () => {
  // The colours that a person chose do not follow the browser.
  await tab.page.evaluate(`localStorage.removeItem('mantine-color-scheme-value')`)
  await tab.page.goto(`${server.url}/workflows`)
  await tab.page.getByRole('button', { name: 'Find a workflow, a page or a command' }).waitFor()
  await tab.page.keyboard.press('Control+k')
  await tab.page.getByRole('textbox', { name: 'Find a command' }).waitFor()
  await tab.page.getByRole('button', { name: 'parse-resume' }).first().waitFor()
  for (const colorScheme of ['light', 'dark'] as const) {
    await tab.page.emulateMedia({ colorScheme })
    await tab.page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor()
    await keepScreenshot(tab, `palette-${colorScheme}`)
    await assertAccessible(tab)
  }
  assert.deepEqual(tab.errors, [])
})
