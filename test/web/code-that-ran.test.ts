/**
 * Code in the app. From a failed run to the code that ran, which need not be the newest, nor saved at all. And what the
 * language servers show in the editor.
 */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { assertAccessible } from '../helpers/axe.ts'
import { endRoutes, intercept, keepScreenshot, NEEDS_BROWSER, type Tab, visit, withApp } from '../helpers/browser.ts'
import { codeOf, languageServerOf, openEditor, pointAt, typeAtEnd } from '../helpers/editor.ts'
import type { TestServer } from '../helpers/server.ts'
import { callHook, createCatch, must, type RunBody, runOf, until, type WorkflowBody } from '../helpers/workflows.ts'

const SOURCE = `def parse(url):
    return {"pdf": "application/pdf"}[url.rsplit(".", 1)[-1]]

def workflow(_request, settings):
    return {"status_code": 201, "body": parse(_request["url"])}
`
const MENDED = `# mended\n\n${SOURCE}`
const FAILING = { url: 'https://example.com/cv.odt' }

let server: TestServer
let tab: Tab

withApp((app) => ({ server, tab } = app))

const code = () => tab.page.getByRole('textbox', { name: 'Code, read only: workflow.py' })
const editor = () => tab.page.getByRole('textbox', { name: /^Code of the function/ })
const traceback = () => tab.page.getByRole('region', { name: 'Traceback' })
const markedLine = async () => (await code().locator('.cm-markedLine').textContent()) ?? ''

async function failed(workflow: WorkflowBody): Promise<string> {
  return (await runOf(server, await callHook(workflow, FAILING))).id
}

test('a line of a traceback leads to the version that ran, read only, at that line', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createCatch(server, { source: SOURCE, name: 'mended' })
  const run = await failed(workflow)
  await must(server.api('POST', `/api/workflows/${workflow.id}/versions`, { source: MENDED }), 201)
  await visit(page, `${server.url}/runs/${run}`)
  await traceback()
    .getByRole('link', { name: /workflow\.py", line 2$/ })
    .click()
  await page.waitForURL(`**/runs/${run}/code?line=2`)
  assert.match(await markedLine(), /^ {4}return \{"pdf"/)
  await page.getByText(/^Version 1 ran\. Version 2 is the newest/).waitFor()
  await code().click()
  await page.keyboard.type('typed')
  assert.doesNotMatch((await code().textContent()) ?? '', /typed|mended/)
  await assertAccessible(tab)
  await keepScreenshot(tab, 'code-that-ran')

  await page.getByRole('link', { name: 'Back to run' }).click()
  await page.getByRole('alert').getByRole('link', { name: 'Line 2', exact: true }).click()
  assert.match(await markedLine(), /^ {4}return \{"pdf"/)
  await page.getByRole('link', { name: 'Open the latest code' }).click()
  // Without the line: in the newest, the second one is another.
  await page.waitForURL(`**/workflows/${workflow.id}/function`)
  await editor().getByText('# mended').waitFor()
})

test('where the code that ran is the newest, it is edited at that line', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createCatch(server, { source: SOURCE, name: 'not mended' })
  await visit(page, `${server.url}/runs/${await failed(workflow)}/code?line=2`)
  await page.getByText(/^Version 1 ran\. It is the newest/).waitFor()
  await page.getByRole('link', { name: 'Edit this code' }).click()
  await page.waitForURL(`**/workflows/${workflow.id}/function?line=2`)
  await editor().waitFor()
})

test('code that was tried without being saved is shown as it ran', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createCatch(server, { source: SOURCE, name: 'tried' })
  const request = { headers: { 'content-type': 'application/json' }, body: FAILING }
  const run = await must(
    server.api<RunBody>('POST', `/api/workflows/${workflow.id}/runs`, { request, source: `# tried\n${SOURCE}` }),
    200,
  )
  await visit(page, `${server.url}/runs/${run.id}`)
  await traceback()
    .getByRole('link', { name: /workflow\.py", line 6$/ })
    .click()
  assert.match(await markedLine(), /^ {4}return \{"status_code"/)
  await code().getByText('# tried').waitFor()
  await page.getByText(/^This code was tried without being saved/).waitFor()
})

test('beside the code, a line of a traceback leads to that line of the editor', NEEDS_BROWSER, async () => {
  const { page } = tab
  const workflow = await createCatch(server, { source: SOURCE, name: 'tested' })
  await visit(page, `${server.url}/workflows/${workflow.id}/function`)
  await page.getByRole('textbox', { name: 'Body' }).fill(JSON.stringify(FAILING))
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await traceback()
    .getByRole('link', { name: /workflow\.py", line 2$/ })
    .click()
  await page.locator('.cm-line:has(.cm-lintRange-error)', { hasText: 'return {"pdf"' }).waitFor()
  await editor().and(page.locator(':focus')).waitFor()

  // The editor holds something else by now: what ran is elsewhere.
  await page.keyboard.press('Control+Home')
  await page.keyboard.type('# typed since\n')
  await traceback()
    .getByRole('link', { name: /workflow\.py", line 2$/ })
    .click()
  await page.waitForURL(/\/runs\/run_\w+\/code\?line=2$/)
  assert.match(await markedLine(), /^ {4}return \{"pdf"/)
  assert.deepEqual(tab.errors, [])
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
