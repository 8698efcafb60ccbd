/** From a failed run to the code that ran, which need not be the newest, nor saved at all. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { assertAccessible } from '../helpers/axe.ts'
import { keepScreenshot, NEEDS_BROWSER, openApp, type Tab, visit } from '../helpers/browser.ts'
import type { TestServer } from '../helpers/server.ts'
import { callHook, createCatch, must, type RunBody, runOf, type WorkflowBody } from '../helpers/workflows.ts'

const SOURCE = `def parse(url):
    return {"pdf": "application/pdf"}[url.rsplit(".", 1)[-1]]

def workflow(_request, settings):
    return {"status_code": 201, "body": parse(_request["url"])}
`
const MENDED = `# mended\n\n${SOURCE}`
const FAILING = { url: 'https://example.com/cv.odt' }

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
