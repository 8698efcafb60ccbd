/** What the language servers show in the editor. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { endRoutes, intercept, keepScreenshot, NEEDS_BROWSER, openApp, type Tab, visit } from '../helpers/browser.ts'
import { codeOf, languageServerOf, openEditor, pointAt, typeAtEnd } from '../helpers/editor.ts'
import type { TestServer } from '../helpers/server.ts'
import { createCatch, until, type WorkflowBody } from '../helpers/workflows.ts'

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

/** Does not wait for the language server. */
const open = async (page: Page, { id }: WorkflowBody) => {
  await visit(page, `${server.url}/workflows/${id}/function`)
  await codeOf(page).waitFor()
}

test('the editor completes settings, the request, and the SDK with its parameters', NEEDS_BROWSER, async () => {
  const { page } = tab
  // The test request has the names that the code reads, at each moment.
  const source =
    'from hrflow import Hrflow\n\ndef workflow(_request, settings):\n    hr = Hrflow(api_secret=_request["name"])\n'
  const workflow = await createCatch(server, { source, settings: { SOURCE_KEY: 'a', BOARD_KEY: 'b' } })
  await openEditor(page, server, workflow)
  await page.getByLabel('Body').filter({ hasText: '"name"' }).waitFor()
  const text = async () => (await codeOf(page).textContent()) ?? ''
  const option = (name: RegExp) =>
    page.locator('.cm-tooltip-autocomplete:not(.cm-tooltip-autocomplete-disabled)').getByRole('option', { name })
  /** While the list waits for what fits the last letter, it is shown, and a click on it does nothing. */
  const choose = (name: RegExp, wanted: RegExp) =>
    until(async () => {
      await option(name)
        .click({ timeout: 20_000 })
        .catch(() => {})
      return wanted.test(await text())
    })
  await typeAtEnd(page, '    settings["')
  await option(/^SOURCE_KEY/).waitFor()
  await choose(/^BOARD_KEY/, /settings\["BOARD_KEY"\]/)
  await page.keyboard.press('End')
  await page.keyboard.type('\n_request["na')
  await choose(/^name\s*from the test request/, /BOARD_KEY"\]\s*_request\["name"\]/)
  await page.keyboard.press('End')
  await page.keyboard.type('\nhr.profile.')
  await option(/^storing/).waitFor()
  await page.keyboard.type('parsing.add_fi')
  await page.getByText('Add a profile resume to a sourced key.').waitFor()
  await keepScreenshot(tab, 'editor-completion')
  await choose(/^add_file/, /parsing\.add_file/)
  await page.keyboard.type('(sou')
  await choose(/^source_key\s*required/, /add_file\(source_key=/)
  assert.match(
    await text(),
    /settings\["BOARD_KEY"\]\s*_request\["name"\]\s*hr\.profile\.parsing\.add_file\(source_key=\)/,
  )
})

test('Ruff marks mistakes while typing, fixes one on click, and formats on demand', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createCatch(server, {
    source: 'import os\ndef workflow(_request,settings):\n    return nam\n',
  })
  await openEditor(page, server, workflow)
  await page.locator('.cm-lint-marker-error').waitFor()
  await pointAt(page.locator('.cm-lintRange-error').getByText('nam'), page.getByText('Undefined name `nam`'))
  const fix = page.getByRole('button', { name: /Remove unused import/ })
  // The tooltip closes when the marks are drawn again.
  await until(async () => {
    await pointAt(page.locator('.cm-lintRange-warning').getByText('os'), fix)
    return await fix.click({ timeout: 20_000 }).then(
      () => true,
      () => false,
    )
  })
  await page.locator('.cm-lint-marker-warning').waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Format the code' }).click()
  await page.getByText('(_request, settings)').waitFor()
  assert.deepEqual(tab.errors, [])
  await typeAtEnd(page, 'def broken(:')
  await page.keyboard.press('Shift+Alt+f')
  await page.getByRole('alert').first().waitFor()
})

test('a list of properties that is asked for before they have loaded shows them then', NEEDS_BROWSER, async () => {
  const { page } = tab
  const source = 'def workflow(_request, settings):\n    pass\n'
  const workflow = await createCatch(server, { source, settings: { BOARD_KEY: 'b' } })
  const released = Promise.withResolvers<void>()
  const address = new RegExp(`/api/workflows/${workflow.id}/settings`)
  await intercept(page, address, (route) => released.promise.then(() => route.continue()))
  await open(page, workflow)
  await codeOf(page).focus()
  await page.keyboard.press('Control+End')
  await page.keyboard.type('    settings["')
  await page.keyboard.press('Control+Space')
  // The editor asks its sources 50 ms after the keys.
  await page.waitForTimeout(200)
  released.resolve()
  await page.getByRole('option', { name: /^BOARD_KEY/ }).click()
  await codeOf(page).getByText('settings["BOARD_KEY"]').waitFor()
  await endRoutes(page)
})

test('a language server that connects does not take the list that is open', NEEDS_BROWSER, async () => {
  const { page } = tab
  const source = 'def workflow(_request, settings):\n    pass\n'
  const workflow = await createCatch(server, { source, settings: { SOURCE_KEY: 'a', BOARD_KEY: 'b' } })
  const released = Promise.withResolvers<void>()
  const address = `**/api/workflows/${workflow.id}/language`
  await intercept(page, address, (route) => released.promise.then(() => route.continue()))
  const isReady = languageServerOf(page, workflow.id)
  await open(page, workflow)
  await codeOf(page).focus()
  await page.keyboard.press('Control+End')
  await page.keyboard.type('    settings["')
  const option = page.getByRole('option', { name: /^BOARD_KEY/ })
  await option.waitFor()
  await page.evaluate(`{
    const list = document.querySelector('.cm-tooltip-autocomplete')
    const note = () => list.toggleAttribute('data-changed', true)
    new MutationObserver(note).observe(list, { attributes: true, attributeFilter: ['class'] })
  }`)
  released.resolve()
  await isReady
  await page.locator('.cm-tooltip-autocomplete:not([data-changed])').waitFor()
  await option.click()
  await codeOf(page).getByText('settings["BOARD_KEY"]').waitFor()
  await endRoutes(page)
})
